/** How large one reply may become. `hardBytes` is never exceeded; at `softBytes` the search for a good place begins. */
export type CutLimits = {
  readonly softBytes: number;
  readonly hardBytes: number;
  /** `json`: bytes of `JSON.stringify`, without the quotes. */
  readonly measure: 'utf8' | 'json';
};

/** Finds the cuts of a text that arrives piece by piece. The pieces' borders make no difference. */
export type Cutter = {
  /** Positions (UTF-16 units from the beginning of the whole text) at which a further reply begins. */
  push(piece: string): number[];
};

type Fence = { readonly opening: string; readonly marker: string; readonly quoted: boolean };

/** What is known of a line. `piped`: it holds a `|` and so may belong to a table. */
type Line = { length: number; blank: boolean; piped: boolean };

/** No opening fence is longer; of longer lines no more is kept. */
const LONGEST_FENCE_LINE = 256;
/** Room in which a cluster of characters shown as one (a family emoji has 25 bytes) is waited for to end. */
const CLUSTER_BYTES = 64;
const CLUSTER_CONTEXT = 128;
const SMALLEST_HARD_BYTES = 16;
const LARGEST_UNIT_BYTES = 6;

/**
 * Where the reply that begins at `from` must end: an index of `text`, or undefined while the text still fits.
 *
 * Each cut is decided by what stands before it and the one character after it, so a text shown is never taken back: with
 * more text the answer stays the same, and no shorter text reached beyond the cut. Places are taken in this order: from
 * `softBytes` on after a blank line outside fences; half-way to `hardBytes` after any line outside fences and tables;
 * five sixths of the way after any line; just below `hardBytes` between any two characters.
 *
 * While not `complete`, half of a surrogate pair at the end is not yet counted. Throws `RangeError` for limits without
 * room for a single character.
 */
export function findCut(
  text: string,
  limits: CutLimits & { readonly complete: boolean },
  from = 0,
): number | undefined {
  if (from === 0 && text.length * LARGEST_UNIT_BYTES <= limits.softBytes) return undefined;
  return createScanner(limits, from).read(text, limits.complete, 1)[0];
}

/** As `findCut` again and again, but each character is looked at once. */
export function createCutter(limits: CutLimits): Cutter {
  const scanner = createScanner(limits, 0);
  return { push: (piece) => scanner.read(piece, false, Infinity) };
}

/**
 * The line that opened the code fence in which `index` lies, to be repeated at the beginning of the next reply: with its
 * indentation and quote marks, but spaces in place of a list marker. Undefined outside fences.
 */
export function openFenceAt(text: string, index: number): string | undefined {
  let fence: Fence | undefined;
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < index; end = text.indexOf('\n', start)) {
    if (end - start <= LONGEST_FENCE_LINE) fence = fenceAfter(fence, text.slice(start, end));
    start = end + 1;
  }
  return fence?.opening;
}

type Scanner = {
  /** `complete`: nothing follows. Stops after `cutsAtMost` cuts. */
  read(piece: string, complete: boolean, cutsAtMost: number): number[];
};

function createScanner({ softBytes, hardBytes, measure }: CutLimits, from: number): Scanner {
  if (!(softBytes >= 0 && softBytes <= hardBytes && hardBytes >= SMALLEST_HARD_BYTES))
    throw new RangeError(`No text can be cut into parts of ${softBytes} to ${hardBytes} bytes`);
  const afterLineBytes = softBytes + (hardBytes - softBytes) / 2;
  const anyLineBytes = softBytes + ((hardBytes - softBytes) * 5) / 6;
  const anywhereBytes = hardBytes - Math.min(CLUSTER_BYTES, (hardBytes - anyLineBytes) / 2);
  const sizeOf = measure === 'json' ? jsonBytes : utf8Bytes;

  /** Half a surrogate pair that waits for the other half. */
  let pending = '';
  let position = 0;
  let partBytes = 0;
  /** The last characters before `position` where a part may end soon, and the first ones of its line. */
  let context = '';
  let lineHead = '';
  let line = emptyLine();
  let lineBefore: Line | undefined;
  let fence: Fence | undefined;

  function endsLineWell(point: number): boolean {
    if (lineBefore === undefined || line.length > 0 || partBytes < softBytes) return false;
    if (fence === undefined && lineBefore.blank && !isSpace(point)) return true;
    if (partBytes < afterLineBytes) return false;
    if (fence === undefined && !lineBefore.piped && point !== PIPE && !isLineEnd(point)) return true;
    // A fence about to be closed would be opened again only to hold nothing.
    return partBytes >= anyLineBytes && point !== fence?.marker.charCodeAt(0);
  }

  function endLine(head: string): void {
    if (line.length <= LONGEST_FENCE_LINE) fence = fenceAfter(fence, head);
    lineBefore = line;
    line = emptyLine();
    lineHead = '';
  }

  return {
    read(piece, complete, cutsAtMost) {
      const text = pending + piece;
      const cuts: number[] = [];
      let lineStart = 0;
      let index = 0;
      while (index < text.length && cuts.length < cutsAtMost) {
        const point = codePointAt(text, index);
        if (isHighSurrogate(point) && index === text.length - 1 && !complete) break;
        const size = sizeOf(point);
        const mustEnd =
          partBytes > 0 &&
          (partBytes + size > hardBytes ||
            endsLineWell(point) ||
            (partBytes >= anywhereBytes && isClusterBorder(context, text, index)));
        if (mustEnd) {
          cuts.push(position);
          partBytes = 0;
        }
        const units = point > 0xffff ? 2 : 1;
        if (position >= from) partBytes += size;
        position += units;
        index += units;
        if (point === LINE_FEED) {
          endLine((lineHead + text.slice(lineStart, index - 1)).slice(0, LONGEST_FENCE_LINE));
          lineStart = index;
        } else {
          line.length += units;
          line.blank &&= isSpace(point);
          line.piped ||= point === PIPE;
        }
      }
      pending = text.slice(index);
      if (lineHead.length < LONGEST_FENCE_LINE) lineHead += text.slice(lineStart, index);
      // Looked at only near a part's end, so that far from it nothing is copied for every token.
      const nearEnd = partBytes >= anywhereBytes - CLUSTER_CONTEXT * LARGEST_UNIT_BYTES;
      context = nearEnd ? (context + text.slice(0, index)).slice(-CLUSTER_CONTEXT) : '';
      return cuts;
    },
  };
}

const LINE_FEED = 0x0a;
const PIPE = 0x7c;
const OPENING = /^((?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})(.*)$/;
const CLOSING = /^[ \t>]*(`{3,}|~{3,})[ \t]*$/;
const LIST_MARKER = /[-*+]|\d+[.)]/g;

/** The fence that is open after `line`. As CommonMark has it, but indented as deep as lists may make it. */
function fenceAfter(fence: Fence | undefined, line: string): Fence | undefined {
  const content = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (fence?.quoted === true && !/^[ \t]*>/.test(content)) return fenceAfter(undefined, content);
  if (fence !== undefined) {
    const closing = CLOSING.exec(content)?.[1];
    return closing?.startsWith(fence.marker) === true ? undefined : fence;
  }
  const [, prefix = '', marker = '', language = ''] = OPENING.exec(content) ?? [];
  if (marker === '' || (marker.startsWith('`') && language.includes('`'))) return undefined;
  const indentation = prefix.replace(LIST_MARKER, (listMarker) => ' '.repeat(listMarker.length));
  return { opening: indentation + marker + language, marker, quoted: prefix.includes('>') };
}

const clusters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Whether what is shown as one character does not reach over `index`. */
function isClusterBorder(context: string, text: string, index: number): boolean {
  const near = text.slice(Math.max(0, index - CLUSTER_CONTEXT), index);
  const before = (index < CLUSTER_CONTEXT ? context + near : near).slice(-CLUSTER_CONTEXT);
  const after = String.fromCodePoint(codePointAt(text, index));
  return clusters.segment(before + after).containing(before.length)?.index === before.length;
}

/**
 * Not the built-in one: once optimised, V8 13.6 (Node 24.21.0) reads beyond the end of a string that is a slice of
 * another, and makes a whole pair of the half at its end.
 */
function codePointAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  const next = isHighSurrogate(unit) && index + 1 < text.length ? text.charCodeAt(index + 1) : 0;
  return next >= 0xdc00 && next <= 0xdfff ? (unit - 0xd800) * 0x400 + (next - 0xdc00) + 0x10000 : unit;
}

function emptyLine(): Line {
  return { length: 0, blank: true, piped: false };
}

function isSpace(point: number): boolean {
  return point === 0x20 || point === 0x09 || isLineEnd(point);
}

function isLineEnd(point: number): boolean {
  return point === LINE_FEED || point === 0x0d;
}

function isHighSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdbff;
}

/** Half a pair that stays alone becomes U+FFFD, of three bytes. */
function utf8Bytes(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/** As `JSON.stringify` writes it: control characters and halves of pairs as six, those with a short form as two. */
function jsonBytes(point: number): number {
  if (point === 0x22 || point === 0x5c) return 2;
  if (point < 0x20) return point >= 0x08 && point <= 0x0d && point !== 0x0b ? 2 : 6;
  return point >= 0xd800 && point <= 0xdfff ? 6 : utf8Bytes(point);
}
