/** The longest beginning of `text` with at most `maxBytes` of UTF-8: an index between characters, never inside one. */
export function endWithin(text: string, maxBytes: number): number {
  if (Buffer.byteLength(text) <= maxBytes) return text.length;
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    index += character.length;
  }
  return index;
}

/** `text` if it fits, or its beginning with an ellipsis. */
export function cutTo(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  return `${text.slice(0, endWithin(text, Math.max(0, maxBytes - 3)))}…`;
}
