/** Every so many tokens a line ends, as in real answers. */
const tokensPerLine = 40;

/**
 * Two characters that are different for each token of an answer (up to 20,000 of them), so that a text lost, doubled or
 * out of order is seen. All of them plain, so that the text on the card is the text of the model.
 */
export function tokenText(number: number): string {
  if (number % tokensPerLine === tokensPerLine - 1) return '。\n';
  return String.fromCharCode(0x4e00 + Math.floor(number / 100), 0x5000 + (number % 100));
}

/** How many tokens a shown text holds; a line's end may be cut off. Throws when it is not the beginning of the answer. */
export function tokensIn(shown: string): number {
  const text = shown.trimEnd();
  const count = Math.ceil(text.length / 2);
  for (const number of [0, Math.floor(count / 2), count - 1]) {
    if (number >= 0 && !tokenText(number).startsWith(text.slice(number * 2, number * 2 + 2)))
      throw new Error(`what stands in the place of token ${number} of ${count} is another one`);
  }
  return count;
}

/** What stands in a question so that the stand-in and the bench know which one it is. */
export const labelOf = (index: number): string => `#${index}#`;

/** The number in a question's label; undefined where there is none. */
export function indexIn(text: string): number | undefined {
  const found = /#(\d+)#/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
