import type { ModelImage } from '../model/types.ts';

/**
 * Counts tokens without the model's tokenizer: a first guess by kind of character, corrected by what the server reports.
 *
 * Qwen's tokenizer makes about 0.6 tokens of a Chinese character and 0.25 of a Latin one; the guess lies above both so
 * that the first requests, before anything was learned, rather leave room than overflow.
 */
const tokensPerWideCharacter = 0.8;
const tokensPerNarrowCharacter = 0.33;
/** Role marks and line ends that a chat template puts around each message. */
const tokensPerMessage = 6;
/** One token covers 32 × 32 pixels in Qwen3-VL and Qwen3.5 (patch 16, merged 2 × 2), plus two marks; at least 64 tokens. */
const pixelsPerImageToken = 32 * 32;
const minImageTokens = 66;

export function imageTokens({ width, height }: Pick<ModelImage, 'width' | 'height'>): number {
  return Math.max(minImageTokens, Math.ceil((width * height) / pixelsPerImageToken) + 2);
}

function guessTokens(text: string): number {
  let wide = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x2e7f) wide += 1;
  return tokensPerMessage + wide * tokensPerWideCharacter + (text.length - wide) * tokensPerNarrowCharacter;
}

export type TokenMeter = {
  /** Tokens of one message with this text, by what was learned so far; rounded up. */
  text(text: string): number;
  /** The server counted `actual` tokens where `text()` and `imageTokens` had summed to `estimated`. */
  learn(estimated: number, actual: number): void;
};

/** How far one report moves the correction; a single odd request must not spoil it. */
const learningRate = 0.2;

export function createTokenMeter(): TokenMeter {
  let correction = 1;
  return {
    text: (text) => Math.ceil(guessTokens(text) * correction),
    learn(estimated, actual) {
      if (estimated <= 0 || actual <= 0) return;
      const observed = (correction * actual) / estimated;
      correction = Math.min(2, Math.max(0.4, correction + learningRate * (observed - correction)));
    },
  };
}
