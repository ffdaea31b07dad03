const tokenPattern = / ?[A-Za-z0-9_]{1,6}|[^\p{ASCII}]{1,2}|\s+|[^\s]/gu;

/** Cuts text into pieces of about a token's size; joined they are the text again. */
export function splitIntoTokens(text: string): string[] {
  return text.match(tokenPattern) ?? [];
}

export function countTokens(text: string): number {
  return splitIntoTokens(text).length;
}

/** Qwen3-VL: one token for each 32×32 pixels, at least 64, and two marks around the picture. */
export function imageTokens(width: number, height: number): number {
  return Math.max(64, Math.ceil(width / 32) * Math.ceil(height / 32)) + 2;
}
