import { endsBlockAbove, lineAt } from './render-lines.ts';
import type { Line } from './render-lines.ts';

/**
 * Where the code span opened by `length` backticks before `from` ends: the index after its closing backticks.
 * `literal`: nothing closes it in this paragraph. `open`: it may still be closed by text to come.
 */
export type SpanEnd = number | 'literal' | 'open';

export type CodeSpans = {
  endOf(from: number, length: number, lineStart: number): SpanEnd;
  /** An escaped backtick was met. */
  distrust(): void;
};

/** Starts of the backtick runs, by their length; `cursor` is the first that was not passed yet. */
type Runs = Map<number, { readonly starts: number[]; cursor: number }>;

type Paragraph = {
  readonly end: number;
  /** Whether what stands at `end` is known to end the paragraph. */
  readonly decided: boolean;
  readonly runs: Runs;
};

/**
 * Finds the ends of code spans, asked from left to right. Each paragraph is read once, however many backticks it
 * holds. Where CommonMark lets a span run on and a laxer parser might not, a paragraph ends early; and after a backtick
 * that opens nothing, which such a parser may still pair with a later one, nothing counts as code. Hazards are then made
 * harmless rather than trusted to be code.
 */
export function createCodeSpans(text: string, complete: boolean): CodeSpans {
  let paragraph: Paragraph = { end: 0, decided: true, runs: new Map() };
  let trusted = true;
  return {
    distrust() {
      trusted = false;
    },
    endOf(from, length, lineStart) {
      if (!trusted) return 'literal';
      if (from > paragraph.end || paragraph.end === 0) paragraph = readParagraph(text, lineStart, complete);
      const run = paragraph.runs.get(length);
      if (run !== undefined) {
        while (run.cursor < run.starts.length && (run.starts[run.cursor] ?? 0) < from) run.cursor += 1;
        const start = run.starts[run.cursor];
        if (start !== undefined) return start + length;
      }
      trusted = !paragraph.decided;
      return paragraph.decided ? 'literal' : 'open';
    },
  };
}

function readParagraph(text: string, start: number, complete: boolean): Paragraph {
  const runs: Runs = new Map();
  let line = lineAt(text, start, complete);
  const quotes = line.quotes;
  for (;;) {
    collectRuns(text, line, runs);
    if (!line.whole) return { end: line.end, decided: false, runs };
    if (line.next >= text.length && complete) return { end: line.end, decided: true, runs };
    line = lineAt(text, line.next, complete);
    const ended = /[|:=-]/.test(text.charAt(line.content)) ? 'yes' : endsBlockAbove(text, line, quotes);
    if (ended !== 'no') return { end: line.start, decided: ended === 'yes', runs };
  }
}

function collectRuns(text: string, line: Line, runs: Runs): void {
  let position = line.start;
  while (position < line.end) {
    if (text[position] !== '`') {
      position += 1;
      continue;
    }
    const start = position;
    while (position < line.end && text[position] === '`') position += 1;
    // A run at the very end may still grow, and would then not close what it seems to close.
    if (position === line.end && !line.whole) return;
    const known = runs.get(position - start);
    if (known === undefined) runs.set(position - start, { starts: [start], cursor: 0 });
    else known.starts.push(start);
  }
}
