import { imageAt, isHarmfulTag, isHarmfulTarget } from './render-hazards.ts';
import type { TargetKind } from './render-hazards.ts';
import type { Line } from './render-lines.ts';
import { BREAK, dropAt, insertAt } from './render-pass.ts';
import type { Pass } from './render-pass.ts';

/** What a step found: where to go on, or that the text must be held back from here. */
type Step = number | 'hold';

/**
 * Makes code harmless, where only tags matter; and images, where a parser might not see that it is code. Gives back how
 * far it came: less than `to` means held back.
 */
export function scanCode(pass: Pass, from: number, to: number, certain: boolean): number {
  for (let position = from; position < to; position += 1) {
    const character = pass.text[position];
    if (character === '<' && tagStep(pass, position, certain) === 'hold') return position;
    if (character === '!' && !certain && pass.text[position + 1] === '[') {
      const { state } = imageAt(pass.text, position, pass.complete);
      if (state === 'unknown') return position + 1;
      if (state === 'image') insertAt(pass, position + 1, BREAK);
    }
  }
  return to;
}

/** Makes one line of text harmless. Gives back how far it came: less than `line.next` means held back. */
export function scanLine(pass: Pass, line: Line): number {
  let position = line.start;
  for (;;) {
    const spanEnd = Math.min(pass.spanEnd, line.next);
    if (position < spanEnd) {
      const reached = scanCode(pass, position, spanEnd, true);
      if (reached < spanEnd) return reached;
      position = spanEnd;
    }
    position = nextMark(pass, position);
    if (position >= line.next) return line.next;
    const step = stepAt(pass, line, position);
    if (step === 'hold') return position;
    position = step;
  }
}

const MARK = /[`<!(:=]/g;

/** The next character that may matter. Looked for once, not once for each line before it. */
function nextMark(pass: Pass, position: number): number {
  if (pass.nextMark < position) {
    MARK.lastIndex = position;
    pass.nextMark = MARK.exec(pass.text)?.index ?? pass.text.length;
  }
  return pass.nextMark;
}

function stepAt(pass: Pass, line: Line, position: number): Step {
  switch (pass.text.charAt(position)) {
    case '`':
      return backtickStep(pass, line, position);
    case '<':
      return tagStep(pass, position, false);
    case '!':
      return imageStep(pass, position);
    case '(':
      return linkStep(pass, position);
    case ':':
      return definitionStep(pass, line, position);
    case '=':
      return attributeStep(pass, position);
    default:
      return position + 1;
  }
}

function backtickStep(pass: Pass, line: Line, position: number): Step {
  let end = position;
  while (pass.text[end] === '`') end += 1;
  if (isEscaped(pass.text, position)) {
    pass.spans.distrust();
    return end;
  }
  // Behind backticks that may yet prove to open nothing, other spans may not be trusted either: hazards are held back.
  if (pass.undecidedSpan) return end;
  const spanEnd = pass.spans.endOf(end, end - position, line.start);
  if (spanEnd === 'open') pass.undecidedSpan = true;
  else if (spanEnd !== 'literal') pass.spanEnd = spanEnd;
  return end;
}

function tagStep(pass: Pass, position: number, inCode: boolean): Step {
  const harmful = isHarmfulTag(pass.text, position, pass.complete, inCode);
  if (harmful === 'unknown') return 'hold';
  // What may yet prove to be code is held back if code would be treated otherwise.
  const asCode = pass.undecidedSpan ? isHarmfulTag(pass.text, position, pass.complete, true) : harmful;
  if (asCode !== harmful) return 'hold';
  if (harmful === 'yes') insertAt(pass, position + 1, BREAK);
  return position + 1;
}

function imageStep(pass: Pass, position: number): Step {
  const following = pass.text[position + 1];
  if (following === undefined && !pass.complete) return 'hold';
  if (following !== '[') return position + 1;
  const image = imageAt(pass.text, position, pass.complete);
  if (image.state === 'no') return position + 1;
  if (image.state === 'unknown' || pass.undecidedSpan) return 'hold';
  if (image.target !== 'reference') pass.pictureTarget = image.target;
  // `\![a](b)` is a link for CommonMark and may be an image for others; without its `!` it would be neither. And without
  // the second `!`, `!![a](b)` would still be an image.
  if (isEscaped(pass.text, position) || pass.text[position - 1] === '!') insertAt(pass, position + 1, BREAK);
  else dropAt(pass, position);
  // A picture without words would be a link without anything to click on.
  if (image.target === position + 3) insertAt(pass, position + 2, '…');
  return position + 2;
}

function linkStep(pass: Pass, position: number): Step {
  if (pass.text[position - 1] !== ']') return position + 1;
  return targetStep(pass, position, position === pass.pictureTarget ? 'picture' : 'link');
}

function definitionStep(pass: Pass, line: Line, position: number): Step {
  const defines = pass.text[position - 1] === ']' && pass.text[line.content] === '[';
  return defines ? targetStep(pass, position, 'definition') : position + 1;
}

/** `href="javascript:…"` in a tag. */
function attributeStep(pass: Pass, position: number): Step {
  const before = pass.text.slice(Math.max(0, position - 8), position);
  return /href\s*$/i.test(before) ? targetStep(pass, position, 'link') : position + 1;
}

/** Takes apart, before the character at `position`, a link whose target must not be followed: its text stays legible. */
function targetStep(pass: Pass, position: number, kind: TargetKind): Step {
  const harmful = isHarmfulTarget(pass.text, position + 1, kind, pass.complete);
  if (harmful === 'no') return position + 1;
  if (harmful === 'unknown' || pass.undecidedSpan) return 'hold';
  insertAt(pass, position, BREAK);
  return position + 1;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text[position - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}
