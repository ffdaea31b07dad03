/** One line of the text. Positions are indices into the whole text, so that nothing is copied while scanning. */
export type Line = {
  readonly start: number;
  /** Where the line break stands, or the end of the text. */
  readonly end: number;
  /** Where the following line starts. */
  readonly next: number;
  /** False while more of this line may still come. */
  readonly whole: boolean;
  /** First character after indentation and quote marks; equal to `end` when there is none. */
  readonly content: number;
  readonly quotes: number;
};

/** An open code fence: its mark, how long it is, and where it stands. */
export type Fence = {
  readonly mark: string;
  readonly length: number;
  readonly indent: number;
  readonly quotes: number;
  /** Whether every parser sees it: Feishu wants fences at the start of the line, and may miss others. */
  readonly certain: boolean;
};

export type Verdict = 'yes' | 'no' | 'unknown';

/** The line that starts at `start`; with `complete` the last line needs no line break to be whole. */
export function lineAt(text: string, start: number, complete: boolean): Line {
  const lineBreak = text.indexOf('\n', start);
  const end = lineBreak === -1 ? text.length : lineBreak;
  let content = start;
  let quotes = 0;
  for (; content < end; content += 1) {
    const character = text[content];
    if (character === '>') quotes += 1;
    else if (character !== ' ' && character !== '\t' && character !== '\r') break;
  }
  return {
    start,
    end,
    next: lineBreak === -1 ? end : end + 1,
    whole: lineBreak !== -1 || complete,
    content,
    quotes,
  };
}

export function isBlank(line: Line): boolean {
  return line.content === line.end;
}

const FENCE = /[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)/y;

/**
 * The fence this line opens. Also inside lists and quotes at any indentation: models indent fences under list items
 * deeper than CommonMark's three spaces. A backtick after a backtick fence makes it inline code instead.
 */
export function fenceOpenedBy(text: string, line: Line): Fence | undefined {
  FENCE.lastIndex = line.start;
  const match = FENCE.exec(text);
  if (match === null) return undefined;
  const marks = match[1] ?? '';
  const words = match[2] ?? '';
  const mark = marks.charAt(0);
  if (mark === '`' && words.includes('`')) return undefined;
  const indent = match[0].length - marks.length - words.length;
  const certain = /^ {0,3}$/.test(match[0].slice(0, indent));
  return { mark, length: marks.length, indent, quotes: line.quotes, certain };
}

/** `closes`: this line is the closing fence. `left`: the quote that held the fence is over. */
export function fenceEndAt(text: string, line: Line, fence: Fence): 'closes' | 'left' | 'inside' {
  if (line.quotes < fence.quotes && (line.whole || !isBlank(line))) return 'left';
  // CommonMark: a closing fence is indented at most three spaces more than what contains it.
  if (line.content - line.start > (fence.certain ? 3 : fence.indent + 3)) return 'inside';
  let end = line.content;
  while (end < line.end && text[end] === fence.mark) end += 1;
  if (end - line.content < fence.length) return 'inside';
  return text.slice(end, line.end).trim() === '' ? 'closes' : 'inside';
}

const DELIMITER_ROW = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t\r]*$/;
const DELIMITER_CHARACTERS = /^[|:\- \t\r]*$/;

/**
 * Whether this line is the row of dashes that makes the line above a table's head. The number of cells is not compared:
 * a parser that is laxer than GFM would count such a table, too.
 */
export function isDelimiterRow(text: string, line: Line): Verdict {
  const row = text.slice(line.content, line.end);
  if (!DELIMITER_CHARACTERS.test(row)) return 'no';
  if (!line.whole) return 'unknown';
  return /[|:]/.test(row) && DELIMITER_ROW.test(row) ? 'yes' : 'no';
}

const BLOCK_MARKER = /^(?:#{1,6}[ \t\r]|`{3}|~{3}|[-*+][ \t\r]|\d{1,9}[.)][ \t\r])/;
const BLANK_OR_BARE_MARKER = /^(?:#{1,6}|[-*+]|\d{1,9}[.)])?$/;
const THEMATIC_BREAK = /^([-*_])[ \t]*(?:\1[ \t]*){2,}\r?$/;
const PERHAPS_MARKER = /^(?:#{1,6}|`{1,2}|~{1,2}|\+|\d{1,9}[.)]?|[-*_][-*_ \t\r]*)?$/;

/** Whether this line ends the paragraph or table above it, which stood in `quotes` quotes: blank, or another block. */
export function endsBlockAbove(text: string, line: Line, quotes: number): Verdict {
  const content = text.slice(line.content, line.end);
  if (BLOCK_MARKER.test(content)) return 'yes';
  if (!line.whole && PERHAPS_MARKER.test(content)) return 'unknown';
  if (BLANK_OR_BARE_MARKER.test(content) || THEMATIC_BREAK.test(content)) return 'yes';
  return line.quotes === quotes ? 'no' : 'yes';
}
