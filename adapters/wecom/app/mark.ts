import { createHash } from 'node:crypto';

/** Invisible in every font and no blank: zero-width space and zero-width non-joiner. */
const zero = '\u200B';
const one = '\u200C';
const bits = 16;

/** UTF-8 bytes of a mark. */
export const MARK_BYTES = bits * Buffer.byteLength(zero);

/**
 * Makes equal sentences of different replies different. WeCom can leave out what it has delivered lately, the only
 * idempotency there is, but compares contents: after a restart nobody knows what was said before it, and a sentence said
 * again (`/help`, a refusal) would be left out without a word.
 */
export function markOf(key: string): string {
  const hash = createHash('sha256').update(key).digest().readUInt16BE();
  return hash.toString(2).padStart(bits, '0').replaceAll('0', zero).replaceAll('1', one);
}
