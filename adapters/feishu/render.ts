import { visibleText } from '../shared/visible-text.ts';
import { scanCode, scanLine } from './render-inline.ts';
import {
  endsBlockAbove,
  fenceEndAt,
  fenceOpenedBy,
  isBlank,
  isDelimiterRow,
  lineAt,
} from './render-lines.ts';
import type { Line, Verdict } from './render-lines.ts';
import { copyUpTo, createPass, insertAt } from './render-pass.ts';
import type { Pass } from './render-pass.ts';

/**
 * Tables one text may hold. The guide allows five table components in a card; Feishu's own plugin measured that a card
 * with more than three Markdown tables is refused (230099/11310, larksuite/openclaw-lark `card-error.ts`).
 */
export const MAX_TABLES = 3;

/**
 * The model's Markdown as Feishu may have it: byte for byte the same, except that mentions, players and app links
 * become plain text, images become links, tables beyond `maxTables` become code, links lead to web or mail addresses
 * only, and characters that reorder or hide text are gone.
 *
 * Pure and linear. While `complete` is false the result for a longer text begins with the result for a shorter one.
 */
export function renderFeishuMarkdown(
  markdown: string,
  complete: boolean,
  maxTables: number = MAX_TABLES,
): string {
  const pass = createPass(visibleText(markdown, complete), complete, maxTables);
  const whole = readLines(pass);
  if (whole && complete && pass.table?.fenced === true) {
    const fence = fenceLine(pass.table.quotes);
    pass.output += pass.text.endsWith('\n') ? fence : `\n${fence.trimEnd()}`;
  }
  return pass.output;
}

/** How many tables a text holds outside of code. */
export function countTables(markdown: string): number {
  const pass = createPass(markdown, true, Infinity);
  readLines(pass);
  return pass.tables;
}

/** False when something at the end had to be held back. */
function readLines(pass: Pass): boolean {
  let position = 0;
  while (position < pass.text.length) {
    const line = lineAt(pass.text, position, pass.complete);
    const reached = readLine(pass, line);
    copyUpTo(pass, reached);
    if (reached < line.next) return false;
    position = reached;
  }
  return true;
}

/** Reads one line, or from a table's head two. Gives back how far it came: less than `line.next` means held back. */
function readLine(pass: Pass, line: Line): number {
  if (pass.fence !== undefined) {
    const { certain } = pass.fence;
    const end = fenceEndAt(pass.text, line, pass.fence);
    if (end !== 'inside') pass.fence = undefined;
    if (end !== 'left') return scanCode(pass, line.start, line.next, certain);
  }
  if (line.start < pass.spanEnd) return scanLine(pass, line);
  if (pass.table !== undefined) {
    const ends = endsBlockAbove(pass.text, line, pass.table.quotes);
    if (pass.table.fenced && ends === 'unknown') return line.start;
    if (pass.table.fenced && ends === 'no') return scanCode(pass, line.start, line.next, true);
    if (ends === 'yes') {
      if (pass.table.fenced) insertAt(pass, line.start, fenceLine(pass.table.quotes));
      pass.table = undefined;
      pass.textAbove = false;
    }
  }
  return readText(pass, line);
}

function readText(pass: Pass, line: Line): number {
  const fence = fenceOpenedBy(pass.text, line);
  if (fence !== undefined && (line.whole || fence.mark === '~')) {
    pass.fence = fence;
    pass.textAbove = false;
    return scanCode(pass, line.start, line.next, fence.certain);
  }
  // Until its line is whole, what looks like a fence may still turn out to be inline code.
  if (fence !== undefined) pass.undecidedSpan = true;
  const dashes = pass.textAbove ? isDelimiterRow(pass.text, line) : 'no';
  const taken = readTableHead(pass, line, dashes);
  pass.textAbove = dashes !== 'yes' && !isBlank(line);
  return taken ?? scanLine(pass, line);
}

/**
 * Counts tables, and opens a fence of ours before one too many. Nothing shown may be withdrawn, so from the limit on a
 * line that begins with a bar waits for the line below it. A head without a leading bar is already shown when its row
 * of dashes comes: the fence then begins between the two, which also leaves no table. A second row of dashes inside a
 * table is one more row for GFM but may be one more table for others, so it counts.
 */
function readTableHead(pass: Pass, line: Line, dashes: Verdict): number | undefined {
  const full = pass.tables >= pass.maxTables;
  if (dashes === 'yes') {
    openTable(pass, line, full);
    return full ? scanCode(pass, line.start, line.next, true) : undefined;
  }
  if (!full) return undefined;
  if (dashes === 'unknown' || (!line.whole && isBlank(line))) return line.start;
  if (pass.table !== undefined || pass.text[line.content] !== '|') return undefined;
  if (line.next >= pass.text.length) return pass.complete ? undefined : line.start;
  const below = lineAt(pass.text, line.next, pass.complete);
  const dashesBelow = isDelimiterRow(pass.text, below);
  if (dashesBelow === 'unknown') return line.start;
  if (dashesBelow === 'no' || below.quotes !== line.quotes) return undefined;
  openTable(pass, line, true);
  const head = scanCode(pass, line.start, line.next, true);
  return head < line.next ? head : scanCode(pass, line.next, below.next, true);
}

function openTable(pass: Pass, line: Line, fenced: boolean): void {
  pass.tables += 1;
  pass.table = { fenced, quotes: line.quotes };
  if (fenced) insertAt(pass, line.start, fenceLine(line.quotes));
}

/** Feishu wants fences at the start of the line, so those of ours are never indented, only quoted. */
function fenceLine(quotes: number): string {
  return `${'> '.repeat(quotes)}\`\`\`\n`;
}
