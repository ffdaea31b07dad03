import type { Failure } from './failure.ts';
import { isRecord } from './error-words.ts';

/** Codes of a connection that was made and then lost without an answer. */
const lost = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/**
 * Classifies what the HTTP client threw before an answer began. A lost connection is tried again at once: nearly always
 * the server had closed an idle socket at the moment we used it (uvicorn does so after 5 seconds).
 */
export function failureFromThrown(error: unknown): Failure {
  const code = codeOf(error);
  if (lost.has(code)) return { fault: { code: 'unreachable', evidence: code }, retry: 'at-once' };
  // undici's parser error carries no code when even the first line is not HTTP, only its name.
  if (code.startsWith('HPE_') || code === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { fault: { code: 'not-openai', evidence: code }, retry: 'no' };
  }
  // A wrong certificate, or https to an http port, does not mend itself within a message.
  const tls = /^(CERT_|ERR_SSL|ERR_TLS|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code);
  return { fault: { code: 'unreachable', evidence: code }, retry: tls ? 'no' : 'later' };
}

/** The innermost code: undici and Node wrap the cause, and several addresses make an `AggregateError`. */
export function codeOf(error: unknown): string {
  let code = error instanceof Error ? error.name : 'unknown';
  let inner = error;
  for (let depth = 0; depth < 5 && isRecord(inner); depth += 1) {
    if (typeof inner['code'] === 'string') code = inner['code'];
    const first: unknown = Array.isArray(inner['errors']) ? inner['errors'][0] : undefined;
    inner = inner['cause'] ?? first;
  }
  return code;
}
