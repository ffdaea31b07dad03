/** Marks that end a sentence, what may close behind them, and what must follow for a mark that is also used otherwise. */
const sentenceEnd =
  /\n|[。！？…]+[。！？…!?”’」』）)\]】》"']*|[!?]+["')\]”’）]*(?=[\s\p{Script=Han}])|\.["')\]”’）]*(?=\s)/gu;
/** Could still belong to the sentence before it. */
const closesSentence = /[。！？…!?”’」』）)\]】》"'*_~`]/u;
const emphasis = /^(?:\*{1,3}|_{1,3}|~~|`)/;
const onlyEmphasis = /^[*_~`]{1,3}$/;
const longestEmphasis = 3;
/** `1.`: the number of a list's item ends nothing. */
const itemNumber = /^\s*\d+$/;

/**
 * Where the first sentence (or line) of `text` ends, looked for from `from` on. Undefined while that is not decided: an
 * end counts once the next character is seen, since a quotation mark may belong to it; with `complete` nothing follows.
 */
export function firstSentenceEnd(text: string, from: number, complete: boolean): number | undefined {
  sentenceEnd.lastIndex = from;
  for (let found = sentenceEnd.exec(text); found !== null; found = sentenceEnd.exec(text)) {
    const [mark] = found;
    const end = found.index + mark.length;
    if (mark === '\n') return end;
    if (mark.startsWith('.') && itemNumber.test(text.slice(0, found.index))) continue;
    const next = text.charAt(end);
    if (next === '') return complete ? end : undefined;
    if (!closesSentence.test(next)) return end;
    // Of emphasis, only what was opened in this sentence ends with it.
    if (!complete && onlyEmphasis.test(text.slice(end, end + longestEmphasis + 1))) return undefined;
    return end + closingEmphasis(text.slice(0, end), text.slice(end));
  }
  return undefined;
}

function closingEmphasis(sentence: string, following: string): number {
  const marker = emphasis.exec(following)?.[0] ?? '';
  if (marker === '') return 0;
  const opened = sentence.split(marker).length - 1;
  return opened % 2 === 1 ? marker.length : 0;
}

/** A sentence as it is compared with another: without emphasis, blanks and its last marks. */
export function bareSentence(sentence: string): string {
  return sentence
    .normalize('NFKC')
    .replace(/[\s*_~`>#-]+/gu, '')
    .replace(/[\p{P}\p{S}]+$/u, '')
    .toLowerCase();
}

/** All sentences of a text, in order, without those that hold nothing. */
export function sentencesOf(text: string): readonly string[] {
  const sentences: string[] = [];
  let rest = text;
  while (rest !== '') {
    const end = firstSentenceEnd(rest, 0, true) ?? rest.length;
    sentences.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return sentences.filter((sentence) => bareSentence(sentence) !== '');
}
