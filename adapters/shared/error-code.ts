/** Codes of a host that could not be reached: name look-up and connecting, before the first byte of a request. */
export const notReachedCodes = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
] as const;

/**
 * The code of a failed connection: `ECONNREFUSED`, `CERT_HAS_EXPIRED`; the error's name where it has none. Several
 * addresses of one host make an `AggregateError` around the real ones.
 */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}
