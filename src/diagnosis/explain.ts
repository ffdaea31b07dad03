import { readErrorWords } from '../model/error-words.ts';
import { failureFromRefusal } from '../model/errors.ts';
import { codeOf } from '../model/network-failure.ts';
import type { ModelFaultCode } from '../model/types.ts';
import { readOverflow } from '../model/context-overflow.ts';
import type { CauseCode } from '../reply/notices/doctor-causes.ts';
import type { Finding } from './check.ts';
import type { ProbeAnswer } from './http-probe.ts';
import { because, type Target } from './target.ts';

const timedOut = new Set(['TimeoutError', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const hungUp = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ERR_STREAM_PREMATURE_CLOSE']);

/** What an exception of the HTTP client means, once a TCP connection is known to be possible. */
export function explainThrown(error: unknown, target: Target, timeoutMs: number): Finding {
  const code = codeOf(error);
  if (timedOut.has(code))
    return because('no-answer', code, target, { detail: String(Math.round(timeoutMs / 1000)) });
  if (hungUp.has(code)) return because('dropped', code, target);
  // undici's parser error has no code where not even the first line is HTTP.
  const garbled = code.startsWith('HPE_') || ['HTTPParserError', 'UND_ERR_HEADERS_OVERFLOW'].includes(code);
  if (garbled) return because('not-http', code, target);
  if (code === 'ECONNREFUSED') return because('refused-there', code, target);
  return because('dropped', code, target);
}

// Words of engines and of proxies in between; there is no better sign than these.
const upstream =
  /errno 111|connection refused|failed to connect|max retries exceeded|connection timed out|upstream connect error/i;
const missingModule = /no module named ['"]?([\w.-]+)/i;
const plainHttpToHttps = /plain http request was sent to https port|client sent an http request to an https/i;

/** What an HTTP answer that is no answer of a model means. */
export function explainRefusal(answer: ProbeAnswer, target: Target, model: string): Finding {
  const { status, body } = answer;
  const { fault } = failureFromRefusal(
    { status, body, retryAfterMs: undefined },
    { maxTokens: 0, promptEstimate: 0, optionalKeys: [], secrets: target.secrets },
  );
  const { message } = readErrorWords(body);
  const { evidence } = fault;
  const missing = missingModule.exec(message)?.[1];
  if (missing !== undefined) return because('missing-module', evidence, target, { detail: missing });
  if (status === 400 && plainHttpToHttps.test(message)) return because('http-to-https', evidence, target);
  if (status >= 500 && upstream.test(message)) return because('upstream-unreachable', evidence, target);
  if (fault.code === 'context-overflow') {
    const limit = readOverflow(message)?.limitTokens;
    return because('context-too-small', evidence, target, { detail: String(limit ?? '?') });
  }
  if (fault.code === 'gateway') {
    return because(status === 504 || status === 408 ? 'gateway-504' : 'gateway-502', evidence, target);
  }
  if (fault.code === 'unauthorized') {
    return because(target.server.apiKey === undefined ? 'missing-key' : 'wrong-key', evidence, target);
  }
  return because(causeOf[fault.code], evidence, target, { detail: detailOf(fault.code, model) });
}

/** The cause behind each of the model client's fault codes, where the code alone tells it. */
const causeOf: Readonly<Record<ModelFaultCode, CauseCode>> = {
  unreachable: 'dropped',
  loading: 'loading',
  unauthorized: 'wrong-key',
  forbidden: 'gateway-refusal',
  'model-missing': 'model-missing',
  'no-models': 'no-models',
  'wrong-path': 'wrong-path',
  'no-vision': 'no-vision',
  'bad-image': 'bad-image',
  'too-many-images': 'no-vision',
  'body-too-large': 'body-too-large',
  'context-overflow': 'context-too-small',
  overloaded: 'overloaded',
  gateway: 'gateway-502',
  'server-error': 'server-error',
  'engine-dead': 'engine-dead',
  'bad-request': 'bad-request',
  'first-token-timeout': 'slow',
  'idle-timeout': 'stalled',
  'cut-off': 'cut-off',
  'not-openai': 'not-openai',
  runaway: 'endless',
  'content-filter': 'content-filter',
};

function detailOf(code: ModelFaultCode, model: string): string {
  return code === 'no-vision' || code === 'model-missing' || code === 'too-many-images' ? model : '';
}
