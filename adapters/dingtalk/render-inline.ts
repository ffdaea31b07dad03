/** A zero-width space: it is not shown, and nothing that stands on both sides of it is read as one token. */
const BREAK = '\u200B';

/** `held`: something at the end was held back, because text to come decides what it is. */
export type Inline = { readonly text: string; readonly held: boolean };

/** What a step found: how far to go and what to write there, or that the text must be held back from here. */
type Step = { readonly next: number; readonly write: string } | 'hold';

/**
 * Makes one line harmless. Code spans stay as they are; one that is not closed on its line is not taken for code.
 * `whole`: the line is at its end.
 */
export function renderInline(line: string, whole: boolean): Inline {
  let text = '';
  // Behind a backtick that may yet turn out to open code, a hazard cannot be told from code.
  let undecided = false;
  for (let position = 0; position < line.length;) {
    const span = spanAt(line, position, whole);
    if (span !== undefined) {
      if (span === 'hold') return { text, held: true };
      undecided ||= span.undecided;
      text += line.slice(position, span.next);
      position = span.next;
      continue;
    }
    const step = stepAt(line, position, whole);
    if (step === 'hold') return { text, held: true };
    const changes = step.write !== line.slice(position, step.next);
    if (changes && undecided) return { text, held: true };
    text += step.write;
    position = step.next;
  }
  return { text, held: false };
}

/** A code span, or backticks that open none; undefined when there is no backtick here. */
function spanAt(
  line: string,
  position: number,
  whole: boolean,
): { readonly next: number; readonly undecided: boolean } | 'hold' | undefined {
  if (line[position] !== '`') return undefined;
  let end = position;
  while (line[end] === '`') end += 1;
  if (end === line.length && !whole) return 'hold'; // the run may still grow
  const marks = line.slice(position, end);
  for (let start = line.indexOf(marks, end); start !== -1; start = line.indexOf(marks, start)) {
    let close = start;
    while (line[close] === '`') close += 1;
    // At the very end it may still grow, and would then close nothing.
    const decided = close < line.length || whole;
    if (close - start === marks.length && decided) return { next: close, undecided: false };
    start = close;
  }
  return { next: end, undecided: !whole };
}

function stepAt(line: string, position: number, whole: boolean): Step {
  switch (line.charAt(position)) {
    case '\\':
      if (position + 1 === line.length && !whole) return 'hold';
      return copy(line, position, 2);
    case '<':
      return tagStep(line, position, whole);
    case '!':
      return imageStep(line, position, whole);
    case ']':
      return targetStep(line, position, whole);
    default:
      return copy(line, position, 1);
  }
}

function copy(line: string, position: number, length: number): Step {
  return { next: Math.min(position + length, line.length), write: line.slice(position, position + length) };
}

const PERHAPS_BREAK = /<(?:b(?:r\s*\/?)?)?$/iy;
const LINE_BREAK = /<br\s*\/?>/iy;
const WEB_ADDRESS = /<(https?:\/\/[^\s<>]*)(>?)/iy;
const TAG = /<[A-Za-z/!?]/y;

/** Of tags only `<br>` stays; the address in `<https://…>` becomes a bare one. */
function tagStep(line: string, position: number, whole: boolean): Step {
  if (!whole && matchAt(PERHAPS_BREAK, line, position) !== undefined) return 'hold';
  const lineBreak = matchAt(LINE_BREAK, line, position);
  if (lineBreak !== undefined) return copy(line, position, lineBreak[0].length);
  const address = matchAt(WEB_ADDRESS, line, position);
  if (address?.[2] === '>') return { next: position + address[0].length, write: address[1] ?? '' };
  if (!whole && address !== undefined && position + address[0].length === line.length) return 'hold';
  if (!whole && /^<h?t?t?p?s?:?\/?\/?$/i.test(line.slice(position))) return 'hold';
  if (matchAt(TAG, line, position) !== undefined) return { next: position + 1, write: `<${BREAK}` };
  return copy(line, position, 1);
}

// Alternative texts are short; a longer one is no image.
const IMAGE = /!\[([^\]]{0,512})\]/y;
const LONGEST_IMAGE = 512 + '![]'.length;

/** An image becomes a link: DingTalk would fetch whatever address the model was talked into. */
function imageStep(line: string, position: number, whole: boolean): Step {
  const following = line[position + 1];
  if (following === undefined && !whole) return 'hold';
  if (following !== '[') return copy(line, position, 1);
  const image = matchAt(IMAGE, line, position);
  if (image === undefined) {
    return !whole && line.length - position < LONGEST_IMAGE ? 'hold' : copy(line, position, 1);
  }
  const after = line[position + image[0].length];
  if (after === undefined && !whole) return 'hold';
  if (after !== '(' && after !== '[') return copy(line, position, 1);
  // A picture without words would be a link without anything to tap on.
  return image[1] === '' ? { next: position + 2, write: '[…' } : { next: position + 1, write: '' };
}

/** Takes a link apart whose target must not be followed: its text stays legible. */
function targetStep(line: string, position: number, whole: boolean): Step {
  const following = line[position + 1];
  if (following === undefined && !whole) return 'hold';
  const defines = following === ':' && line.trimStart().startsWith('[');
  if (following !== '(' && !defines) return copy(line, position, 1);
  const harmful = isHarmfulTarget(line, position + 2, whole);
  if (harmful === 'unknown') return 'hold';
  return harmful === 'yes' ? { next: position + 1, write: `]${BREAK}` } : copy(line, position, 2);
}

const FOLLOWED: ReadonlySet<string> = new Set(['http', 'https', 'mailto']);
// The longest scheme registered with IANA has 36 characters; what is longer names no scheme anyone follows.
const LONGEST_SCHEME = 64;

function isHarmfulTarget(line: string, position: number, whole: boolean): 'yes' | 'no' | 'unknown' {
  let start = position;
  while (/[\s<"']/.test(line.charAt(start))) start += 1;
  for (let index = start; index < start + LONGEST_SCHEME; index += 1) {
    const character = line[index];
    if (character === undefined) return whole ? 'no' : 'unknown';
    if (character === ':') return FOLLOWED.has(line.slice(start, index).toLowerCase()) ? 'no' : 'yes';
    // An entity, an escape or a tab may hide a scheme: a browser would see `javascript:` behind `java&#115;cript:`.
    if (character === '&' || character === '\\' || character === '\t') return 'yes';
    if (/[\s/?#()[\]<>"']/.test(character)) return 'no';
  }
  return 'no';
}

function matchAt(pattern: RegExp, line: string, position: number): RegExpExecArray | undefined {
  pattern.lastIndex = position;
  return pattern.exec(line) ?? undefined;
}
