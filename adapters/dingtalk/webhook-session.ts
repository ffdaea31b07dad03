import { AdapterError } from '../../src/contract/errors.ts';
import { errorEvidence } from '../shared/error-evidence.ts';
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
    if (!(error instanceof AdapterError)) return { detail: 'unavailable', refused: false };
    const { code } = error;
    const refused = code === 'unauthorized' || code === 'forbidden' || code === 'invalid';
    return { detail: errorEvidence(error, refused ? 'auth' : code), refused };
  }
  return holdUntilStopped(onUp, signal);
}
