import { type ErrorWords, errorWordsOf, isRecord } from './error-words.ts';
import type { ModelUsage } from './types.ts';

/** One `chat.completion.chunk` (or whole completion), reduced to what is needed. Empty strings where nothing came. */
export type Chunk = {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCall: boolean;
  readonly finishReason: string | undefined;
  readonly usage: ModelUsage | undefined;
  readonly error: ErrorWords | undefined;
};

/** The payloads of one event: usually one; several when a server forgot the blank lines between its events. */
export function decodeEvent(payload: string): (Chunk | undefined)[] {
  const whole = decodeChunk(payload);
  if (whole !== undefined || !payload.includes('\n')) return [whole];
  return payload.split('\n').map(decodeChunk);
}

/** Undefined for what is not this protocol. Tolerates nulls, absent keys, empty `choices` and a `message` for `delta`. */
export function decodeChunk(payload: string): Chunk | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const error = errorWordsOf(value);
  const choices = value['choices'];
  if (error === undefined && !Array.isArray(choices) && !isRecord(value['usage'])) return undefined;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const fields = isRecord(choice) ? choice : {};
  // One gateway puts an empty `message` beside `delta`; a server that ignores `stream` sends only `message`.
  const words = isRecord(fields['delta'])
    ? fields['delta']
    : isRecord(fields['message'])
      ? fields['message']
      : {};
  const finishReason = fields['finish_reason'];
  return {
    text: textOf(words['content']),
    // Both keys can hold the same words: one of them, never both.
    reasoning: textOf(words['reasoning']) || textOf(words['reasoning_content']),
    toolCall: Array.isArray(words['tool_calls']) && words['tool_calls'].length > 0,
    finishReason: typeof finishReason === 'string' && finishReason !== '' ? finishReason : undefined,
    usage: usageOf(value['usage']),
    error,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A usage of zeros, which one gateway puts into every chunk, counts as none. */
function usageOf(value: unknown): ModelUsage | undefined {
  if (!isRecord(value)) return undefined;
  const promptTokens = value['prompt_tokens'];
  const completionTokens = value['completion_tokens'] ?? 0;
  if (typeof promptTokens !== 'number' || typeof completionTokens !== 'number') return undefined;
  return promptTokens + completionTokens > 0 ? { promptTokens, completionTokens } : undefined;
}
