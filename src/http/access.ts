import type { IncomingMessage } from 'node:http';
import type { FailureLimit } from './failure-limit.ts';
import { isLoopback, peerAddress, peerKey, sameSecret } from './peers.ts';

/** `refused` carries the status for a page that is for operators only. */
export type OperatorAccess =
  { readonly granted: true } | { readonly granted: false; readonly status: 401 | 403 | 429 };

/**
 * Who may see metrics and details: whoever shows the token; where none is configured, a peer on this machine. With a
 * token this machine needs it too, for through a reverse proxy everybody comes from this machine. Wrong tokens count as
 * failures, so that guessing ends soon.
 */
export function createOperatorGate(
  metricsToken: string | undefined,
  failures: FailureLimit,
): (request: IncomingMessage) => OperatorAccess {
  return (request) => {
    const address = peerAddress(request.socket.remoteAddress);
    const { authorization } = request.headers;
    if (metricsToken === undefined)
      return isLoopback(address) ? { granted: true } : { granted: false, status: 403 };
    if (authorization === undefined) return { granted: false, status: 401 };
    const peer = peerKey(address);
    if (failures.retryAfterMs(peer) !== undefined) return { granted: false, status: 429 };
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (sameSecret(given, metricsToken)) return { granted: true };
    failures.recordFailure(peer);
    return { granted: false, status: 401 };
  };
}
