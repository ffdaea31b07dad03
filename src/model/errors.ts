import { type Overflow, readOverflow } from './context-overflow.ts';
import { type ErrorWords, readErrorWords } from './error-words.ts';
import { toEvidence } from './evidence.ts';
import type { Failure, Remedy } from './failure.ts';
import type { ModelFaultCode } from './types.ts';

/** What was sent, as far as a refusal can be about it. */
export type SentRequest = {
  readonly maxTokens: number;
  readonly promptEstimate: number;
  /** Keys of the body that the request can do without. */
  readonly optionalKeys: readonly string[];
  readonly secrets: readonly string[];
};

export type Refusal = {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
};

/** Below this an answer is not worth asking for: the prompt is the problem. */
const leastUsefulTokens = 64;

// The same request fails in the same way however often it is sent (llama.cpp and Flask servers say 500 for these).
const deterministic = /tools param requires|failed to parse|template|no module named/i;
const noVision =
  /not a multimodal model|at most 0 image|image input is not supported|does not support (image|vision)|multimodal inputs are not supported|messages\.content\.type is invalid/i;
const badImage =
  /cannot identify image|cannot decode image|failed to (load|process) image|invalid image input|invalid data url|only base64 data|image file is truncated|must be smaller than 200/i;
const engineDead =
  /enginecore|engine ?dead|engine is unavailable|model runner has unexpectedly stopped|background loop/i;
const loadingWords = /loading|initializing|initialising|starting|sleeping|warming/i;
const html = /^\s*(<!doctype|<html|<head|<body|<center)/i;

/** Classifies an HTTP answer that is no stream. The only place that looks into a model server's words. */
export function failureFromRefusal({ status, body, retryAfterMs }: Refusal, sent: SentRequest): Failure {
  return classify(status, readErrorWords(body), html.test(body), retryAfterMs, sent);
}

/** Classifies an error that came as an event inside a 200 stream; engines put the status they mean into `code`. */
export function failureFromErrorEvent(words: ErrorWords, sent: SentRequest): Failure {
  return classify(words.status ?? 500, words, false, undefined, sent);
}

function classify(
  status: number,
  words: ErrorWords,
  page: boolean,
  retryAfterMs: number | undefined,
  sent: SentRequest,
): Failure {
  const said = toEvidence(words.message, sent.secrets);
  const evidence = `HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  const make = (
    code: ModelFaultCode,
    retry: Failure['retry'] = 'no',
    extra: Omit<Failure, 'fault' | 'retry'> = {},
  ): Failure => ({
    fault: { code, evidence, status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    retry,
    ...extra,
  });
  if (status === 401) return make('unauthorized');
  if (status === 403) return make('forbidden');
  if (status === 413) return make('body-too-large');
  if (status === 429) return make('overloaded', 'later');
  if (status === 404)
    return isModelError(words)
      ? make('model-missing', 'no', { remedy: { type: 'look-up-model' } })
      : make('wrong-path');
  if (status === 405 || (status >= 300 && status < 400)) return make('wrong-path');
  if (status === 502 || status === 504 || status === 408) return make('gateway', 'later');
  if (status === 503) return make(unavailableCode(words.message, page), 'later');
  return requestFailure(status, words, make, sent);
}

/** 400, 422, 500, 501 and the rest: what they mean is told by the words only. */
function requestFailure(
  status: number,
  words: ErrorWords,
  make: (code: ModelFaultCode, retry?: Failure['retry'], extra?: Omit<Failure, 'fault' | 'retry'>) => Failure,
  sent: SentRequest,
): Failure {
  const { message } = words;
  const overflow = readOverflow(`${words.kind} ${message}`);
  if (overflow !== undefined) {
    const { limitTokens } = overflow;
    const remedy = fewerTokens(overflow, sent);
    return make('context-overflow', 'no', {
      ...(remedy === undefined ? {} : { remedy }),
      ...(limitTokens === undefined ? {} : { contextTokens: limitTokens }),
    });
  }
  if (noVision.test(message)) return make('no-vision');
  const imageLimit = /at most (\d+) image|exceeds limit (\d+) per request/i.exec(message);
  if (imageLimit !== null) {
    return make('too-many-images', 'no', {
      remedy: { type: 'fewer-images', keep: Number(imageLimit[1] ?? imageLimit[2]) },
    });
  }
  if (badImage.test(message)) return make('bad-image');
  if (status >= 500 && engineDead.test(message)) return make('engine-dead', 'later');
  if (status >= 500 && status !== 501)
    return make('server-error', deterministic.test(message) ? 'no' : 'once');
  // Ollama refuses its thinking switch for a model that cannot think, without naming the key.
  const named = /does not support thinking/i.test(message) ? 'reasoning_effort' : `${words.param} ${message}`;
  const key = sent.optionalKeys.find((name) => named.includes(name));
  return make('bad-request', 'no', key === undefined ? {} : { remedy: { type: 'without-key', key } });
}

/** Shrinks the answer before anything is taken from the conversation: often only the output budget is too big. */
function fewerTokens({ limitTokens, inputTokens }: Overflow, sent: SentRequest): Remedy | undefined {
  if (limitTokens === undefined) return undefined;
  const free = limitTokens - (inputTokens ?? sent.promptEstimate) - 16;
  const maxTokens = inputTokens === undefined ? Math.min(free, Math.floor(sent.maxTokens / 2)) : free;
  if (maxTokens < leastUsefulTokens || maxTokens >= sent.maxTokens) return undefined;
  return { type: 'fewer-tokens', maxTokens };
}

function isModelError({ message, kind, param }: ErrorWords): boolean {
  return (
    param === 'model' ||
    /model_not_found/.test(kind) ||
    /\bmodel\b[^]*(does not exist|not found)/i.test(message)
  );
}

function unavailableCode(message: string, page: boolean): ModelFaultCode {
  if (page) return 'gateway';
  if (engineDead.test(message)) return 'engine-dead';
  return message.trim() === '' || loadingWords.test(message) ? 'loading' : 'overloaded';
}
