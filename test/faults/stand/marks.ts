/** Words that stand in one question and in every line of its answer, and nowhere else: canaries of a conversation. */
export type Mark = string;

const pattern = /M\d+x/g;

export const markOf = (number: number): Mark => `M${number}x`;

/** Each mark in the text once, in the order in which they first stand there. */
export function marksIn(text: string): readonly Mark[] {
  return [...new Set(text.match(pattern) ?? [])];
}

/** Lines of an answer: the longest stays in one message on every platform. */
const lineCounts = [1, 6, 14, 24];

/** What the model answers to a mark: depends on nothing else, so that it is known what must stand there in the end. */
export function answerTo(mark: Mark): string {
  const count = lineCounts[Number.parseInt(mark.slice(1), 10) % lineCounts.length] ?? 1;
  return Array.from({ length: count }, (_, line) => `${mark} 第${line}行，说明如下。`).join('\n\n');
}

/** The answer to messages that were taken as one question. */
export function answerToAll(text: string): string {
  const marks = marksIn(text);
  return marks.length === 0 ? '没有标记。' : marks.map(answerTo).join('\n\n');
}
