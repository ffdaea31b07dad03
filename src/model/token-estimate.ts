import type { ModelMessage } from './types.ts';

/** What the chat template adds around each message. */
const perMessage = 8;
/** A picture's tokens beside its patches, and the fewest it is ever scaled to (Qwen3-VL's preprocessor). */
const perImage = 2;
const leastImageTokens = 64;
/** Qwen3-VL makes one token of 32×32 pixels. */
const patchPixels = 32;

/** How many tokens the prompt has at most, roughly: rather too many than too few. */
export function estimateTokens(messages: readonly ModelMessage[]): number {
  return messages.reduce((sum, { text, images }) => {
    const pictures = (images ?? []).reduce((all, { width, height }) => all + imageTokens(width, height), 0);
    // Three bytes to a token: exact for Chinese at one token a character, generous for Latin letters.
    return sum + perMessage + Math.ceil(Buffer.byteLength(text) / 3) + pictures;
  }, 0);
}

function imageTokens(width: number, height: number): number {
  const patches = Math.ceil(width / patchPixels) * Math.ceil(height / patchPixels);
  return Math.max(leastImageTokens, patches) + perImage;
}
