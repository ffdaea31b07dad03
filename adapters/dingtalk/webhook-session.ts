import { AdapterError } from '../../src/contract/errors.ts';
import { holdUntilStopped, type SessionEnd } from '../shared/session-end.ts';
import type { SessionHooks } from './connection.ts';

/** Callback mode has no connection to keep: it is up once the credentials are right, until it is stopped. */
export async function serveWebhooks(
  tryCredentials: (signal: AbortSignal) => Promise<unknown>,
  { onUp }: Pick<SessionHooks, 'onUp'>,
  signal: AbortSignal,
): Promise<SessionEnd> {
  try {
    await tryCredentials(signal);
  } catch (error) {
    const { code, platformCode = '' } =
      error instanceof AdapterError ? error : { code: 'unavailable', platformCode: undefined };
    const refused = code === 'unauthorized' || code === 'forbidden' || code === 'invalid';
    return { detail: `${refused ? 'auth' : code} ${platformCode}`.trim(), refused };
  }
  return holdUntilStopped(onUp, signal);
}
