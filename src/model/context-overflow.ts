/** What a refusal for length gives away. `inputTokens` only where the server counted exactly. */
export type Overflow = { readonly limitTokens?: number; readonly inputTokens?: number };

// The words differ between engines and, in vLLM, between versions: 0.9, 0.11, early 2026 and 0.25 each have their own.
const overflowWords =
  /maximum context length|model'?s? context length|context length is only|exceed_context_size|available context size|max context size|longer than the (model's )?context length|smaller than the model context length|max_model_len|'max_completion_tokens' is too large/i;

const limitPatterns = [
  /context length (?:is only |is |of )(\d+)/i,
  /context length \((\d+)/i,
  /context size \((\d+)/i,
  /max_model_len=(\d+)/i,
];

// "at least N input tokens" is left out on purpose: vLLM stops counting at the limit, so N says nothing.
const inputPatterns = [
  /(\d+) in the messages/i,
  /(?:has|passed|contains) (\d+) input tokens/i,
  /(\d+) tokens from the input/i,
  /(?:request|input) \((\d+) tokens\)/i,
  /input length \((\d+)\)/i,
];

/** Undefined when the words are not about the context length. */
export function readOverflow(words: string): Overflow | undefined {
  if (!overflowWords.test(words)) return undefined;
  const limitTokens = firstNumber(words, limitPatterns);
  const inputTokens = firstNumber(words, inputPatterns);
  return {
    ...(limitTokens === undefined ? {} : { limitTokens }),
    ...(inputTokens === undefined ? {} : { inputTokens }),
  };
}

function firstNumber(words: string, patterns: readonly RegExp[]): number | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(words)?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
}
