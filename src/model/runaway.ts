/** Watches an answer grow; says why it must be stopped, once it must. */
export type RunawayGuard = { add(text: string): string | undefined };

/** Longer than any answer a chat can show; also bounds what one stream can keep in memory. */
const maxCharacters = 400_000;
/** A tail of this many characters that is nothing but one unit repeated is a loop … */
const tailCharacters = 4_000;
/** … if the unit fits in it at least five times. */
const maxUnitCharacters = 800;
/** How much must have been added before the tail is looked at again. */
const checkEveryCharacters = 1_000;

export function createRunawayGuard(): RunawayGuard {
  let total = 0;
  let unchecked = 0;
  let tail = '';
  return {
    add(text) {
      total += text.length;
      if (total > maxCharacters) return `more than ${maxCharacters} characters`;
      tail += text;
      unchecked += text.length;
      if (unchecked < checkEveryCharacters) return undefined;
      unchecked = 0;
      tail = tail.slice(-tailCharacters);
      if (tail.length < tailCharacters || tail.trim() === '')
        return tail.length < tailCharacters ? undefined : 'blank without end';
      const unit = shortestUnit(tail);
      return unit <= maxUnitCharacters ? `the same ${unit} characters over and over` : undefined;
    },
  };
}

/** Length of the shortest unit whose repetition gives the text, by the prefix function of Knuth, Morris and Pratt. */
function shortestUnit(text: string): number {
  const borders = new Int32Array(text.length);
  let border = 0;
  for (let index = 1; index < text.length; index += 1) {
    while (border > 0 && text.charCodeAt(index) !== text.charCodeAt(border))
      border = borders[border - 1] ?? 0;
    if (text.charCodeAt(index) === text.charCodeAt(border)) border += 1;
    borders[index] = border;
  }
  return text.length - border;
}
