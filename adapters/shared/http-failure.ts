import { codeOf, notReachedCodes } from './error-code.ts';
import { ProxyFailure } from './proxy-tunnel.ts';

/**
 * Why an HTTP exchange gave no whole answer. `unavailable`: not reached, or cut off. `timeout`: our time was over.
 * `aborted`: the caller's signal. `too-large`: the answer passed the cap.
 */
export type HttpFailureKind = 'unavailable' | 'timeout' | 'aborted' | 'too-large';

/** No answer, as opposed to an answer that says no. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly kind: HttpFailureKind;
  /** `maybe`: the request may have been written, so it may have taken effect. */
  readonly sent: 'no' | 'maybe';
  /** The network's own code, such as `ENOTFOUND`, or a few words; which proxy, where it was the proxy's doing. */
  readonly evidence: string;

  constructor(kind: HttpFailureKind, evidence: string, sent: 'no' | 'maybe') {
    super(`${kind}: ${evidence}`);
    this.kind = kind;
    this.sent = sent;
    this.evidence = evidence;
  }
}

/** Failures that come before the first byte of a request: name look-up, connecting, the TLS handshake's certificate. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  ...notReachedCodes,
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const OUR_TIME_OVER: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/** Turns whatever the HTTP client threw into a `HttpFailure`; decides by error codes, never by message texts. */
export function toHttpFailure(
  error: unknown,
  caller: AbortSignal,
  timedOut: boolean,
  everSent: boolean,
): HttpFailure {
  if (error instanceof HttpFailure) return error;
  // The request waits for the way through: it has not left.
  if (error instanceof ProxyFailure && !caller.aborted)
    return new HttpFailure('unavailable', error.message, 'no');
  const code = codeOf(error);
  const sent = !everSent || NEVER_SENT.has(code) ? 'no' : 'maybe';
  if (caller.aborted) return new HttpFailure('aborted', 'by the caller', sent);
  if (timedOut) return new HttpFailure('timeout', 'no whole answer in time', sent);
  return new HttpFailure(OUR_TIME_OVER.has(code) ? 'timeout' : 'unavailable', code, sent);
}
