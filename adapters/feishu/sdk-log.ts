import type { Logger } from '../../src/contract/runtime.ts';

type SdkLogger = Record<'error' | 'warn' | 'info' | 'debug' | 'trace', (...words: unknown[]) => void>;

/** What is left of one line of the SDK at most. */
const MAX_CHARACTERS = 100;

/**
 * The SDK's log, cut down to what cannot hold anything secret. It logs raw request errors (with the app secret in
 * them), connect addresses (with a ticket) and parser errors (with pieces of messages): so objects are dropped, and of
 * strings only the words before the first colon, digit or quotation mark stay. All of it is debug output: state
 * changes are logged by our own supervision.
 */
export function createSdkLog(log: Logger): SdkLogger {
  const write = (...words: unknown[]): void => {
    const line = words
      .flat()
      .filter((word) => typeof word === 'string')
      .join(' ');
    const harmless = /^[^:;"'{\d]*/.exec(line)?.[0].trim().slice(0, MAX_CHARACTERS);
    if (harmless !== undefined && harmless !== '') log.debug({ sdk: harmless }, 'feishu sdk');
  };
  return { error: write, warn: write, info: write, debug: write, trace: write };
}
