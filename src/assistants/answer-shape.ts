import { openFenceAt } from '../reply/cut.ts';
import { bareSentence, firstSentenceEnd, sentencesOf } from './sentences.ts';

export type ShapeOptions = {
  /** Longest answer in characters (code points), the closing sentence not counted. Undefined: as long as it gets. */
  readonly maxCharacters: number | undefined;
  readonly closing: string | undefined;
};

/**
 * Lets an answer through as it grows, so that what is let through is never taken back. With a longest length a sentence
 * is held until it is known to fit, and nothing follows the last one that does. The closing sentence is held back
 * wherever the model writes it itself, and stands once at the end of a whole answer.
 */
export type AnswerShape = {
  /** More of the model's text; gives what of it may be shown now. */
  push(text: string): string;
  /** The longest length is reached: nothing more will be shown, the model may stop. */
  full(): boolean;
  /** What the model has written and is held back. */
  held(): string;
  /** The model has ended. What is still to be shown; `whole`: with the closing sentence. */
  end(whole: boolean): string;
  /** What was written turned out not to be the answer. */
  clear(): void;
};

const lengthOf = (text: string): number => Array.from(text).length;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function createAnswerShape({ maxCharacters = Infinity, closing }: ShapeOptions): AnswerShape {
  const closingSentences = sentencesOf(closing ?? '').map(bareSentence);
  const limited = maxCharacters !== Infinity;
  let shown = '';
  let shownLength = 0;
  /** Blanks behind what is shown; they follow only together with more. */
  let blanks = '';
  /** Whole sentences that only say what comes next, such as a heading: shown together with that. */
  let leading = '';
  /** The model's own closing so far. */
  let ownClosing = '';
  let matched = 0;
  /** The sentence that is being written, and how much of it was let through already. */
  let current = '';
  let passed = 0;
  let searched = 0;
  let full = false;
  /** The model wrote words at all. */
  let written = false;
  const isFull = (): boolean => full;

  function clear(): void {
    [shown, blanks, leading, ownClosing, current] = ['', '', '', '', ''];
    [shownLength, matched, passed, searched] = [0, 0, 0, 0];
    [full, written] = [false, false];
  }

  /** Lets text through if it fits; what stands at its end without being seen waits for more. */
  function show(text: string): string {
    const trimmed = text.trimEnd();
    if (trimmed === '') {
      if (shown !== '') blanks += text;
      return '';
    }
    const piece = shown === '' ? trimmed.trimStart() : blanks + trimmed;
    const length = lengthOf(piece);
    if (shownLength + length > maxCharacters) return cutShort(piece);
    shown += piece;
    shownLength += length;
    blanks = text.slice(trimmed.length);
    return piece;
  }

  /** What no longer fits is left out; only when nothing is shown at all does the first sentence end in its middle. */
  function cutShort(piece: string): string {
    full = true;
    if (shown !== '') return '';
    let kept = '';
    let length = 1;
    for (const { segment } of graphemes.segment(piece)) {
      length += lengthOf(segment);
      if (length > maxCharacters) break;
      kept += segment;
    }
    shown = `${kept.trimEnd()}…`;
    return shown;
  }

  function take(sentence: string): string {
    if (full) return '';
    const bare = bareSentence(sentence);
    if (bare === '' && ownClosing !== '') {
      ownClosing += sentence;
      return '';
    }
    if (bare !== '' && bare === closingSentences[matched]) {
      matched += 1;
      ownClosing += sentence;
      if (matched === closingSentences.length) [ownClosing, matched] = ['', 0];
      return '';
    }
    const before = takeBack();
    if (isFull()) return before;
    if (limited && leadsOn(sentence)) {
      leading += sentence;
      return before;
    }
    const whole = leading + sentence;
    leading = '';
    return before + show(whole);
  }

  /** What had begun like the closing sentence and went on otherwise was the answer. */
  function takeBack(): string {
    const text = leading + ownClosing;
    if (ownClosing === '') return '';
    [ownClosing, matched, leading] = ['', 0, ''];
    return show(text);
  }

  function mayBecomeClosing(sentence: string): boolean {
    const awaited = closingSentences[matched];
    return awaited !== undefined && passed === 0 && awaited.startsWith(bareSentence(sentence));
  }

  /** Lets the unfinished sentence through as far as that can be decided. */
  function takeUnfinished(): string {
    if (current === '' || mayBecomeClosing(current)) return '';
    // Marks of emphasis may open the next sentence, which may be the closing one.
    const decided = current.replace(/[*_~`]+$/, '');
    if (limited) {
      const waiting = leading + ownClosing + decided;
      const length = lengthOf(shown === '' ? waiting.trim() : (blanks + waiting).trimEnd());
      return shownLength + length > maxCharacters ? cutShort(waiting.trim()) : '';
    }
    if (decided.length <= passed) return '';
    const piece = takeBack() + show(decided.slice(passed));
    passed = decided.length;
    return piece;
  }

  function takeFinished(complete: boolean): string {
    let piece = '';
    for (;;) {
      const end = firstSentenceEnd(current, searched, complete);
      if (end === undefined || full) break;
      const sentence = current.slice(0, end);
      piece += passed > 0 ? show(sentence.slice(passed)) : take(sentence);
      current = current.slice(end);
      [passed, searched] = [Math.max(0, passed - end), 0];
    }
    // An end that is found but not yet decided lies a few characters back.
    searched = Math.max(0, current.length - 64);
    return piece;
  }

  return {
    clear,
    full: isFull,
    held: () => (full ? '' : leading + ownClosing + current.slice(passed)),
    push(text) {
      if (full) return '';
      current += text;
      written ||= text.trim() !== '';
      const piece = takeFinished(false);
      return isFull() ? piece : piece + takeUnfinished();
    },
    end(whole) {
      let piece = '';
      if (!full) {
        piece = takeFinished(true);
        if (current !== '') piece += passed > 0 ? show(current.slice(passed)) : take(current);
        if (leading !== '' || ownClosing !== '') piece += show(leading + ownClosing);
        [current, leading, ownClosing] = ['', '', ''];
      }
      return whole && written && closing !== undefined ? piece + close(closing) : piece;
    },
  };

  function close(sentence: string): string {
    // The model may have made it the tail of a longer sentence.
    if (shown !== '' && bareSentence(shown).endsWith(bareSentence(sentence))) return '';
    const open = openFenceAt(`${shown}\n`, shown.length + 1);
    const mended = open === undefined ? '' : `\n${/(`{3,}|~{3,})/.exec(open)?.[0] ?? ''}`;
    return `${mended}${shown === '' ? '' : '\n\n'}${sentence}`;
  }
}

/** A heading, or a line that announces what follows, means nothing alone. */
function leadsOn(sentence: string): boolean {
  return /[:：]["”’*_)）]*\s*$/u.test(sentence) || /^\s*#{1,6}\s/u.test(sentence);
}
