import type { AdapterError } from '../../src/contract/errors.ts';
import { HttpFailure } from './http-failure.ts';

/** What `unavailable`, and "the connection was refused or closed", say already. */
const SAID_ALREADY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET']);

/** Whether this code, or these words, tell more than that there is no connection. */
export const tellsMore = (evidence: string): boolean => !SAID_ALREADY.has(evidence);

/**
 * A failed call in one line for operators: our code, then the platform's own, or what the network said where the platform
 * was not reached. `as` stands in for our code.
 */
export function errorEvidence({ code, platformCode, cause }: AdapterError, as: string = code): string {
  const network = code === 'unavailable' && cause instanceof HttpFailure ? cause.evidence : '';
  return `${as} ${platformCode ?? (tellsMore(network) ? network : '')}`.trim();
}
