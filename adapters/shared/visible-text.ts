// Bidirectional embeddings, overrides and isolates can show text in another order than it is; tag characters and NUL
// are not shown at all but are read by other programs.
const INVISIBLE = /[\0\u202A-\u202E\u2066-\u2069]|\uDB40[\uDC00-\uDC7F]/g;
const UNFINISHED_PAIR = /[\uD800-\uDBFF]$/;

/**
 * Markdown without characters that reorder or hide text, well-formed. While `complete` is false half a surrogate pair at
 * the end is held back: the other half is still to come.
 */
export function visibleText(markdown: string, complete: boolean): string {
  const decided = complete ? markdown : markdown.replace(UNFINISHED_PAIR, '');
  const visible = decided.replace(INVISIBLE, '');
  return visible.isWellFormed() ? visible : visible.toWellFormed();
}
