import { createCodeSpans } from './render-code-spans.ts';
import type { CodeSpans } from './render-code-spans.ts';
import type { Fence } from './render-lines.ts';

/** One reading of the text from left to right. What was read is copied in slices; only hazards are written anew. */
export type Pass = {
  readonly text: string;
  readonly complete: boolean;
  readonly maxTables: number;
  readonly spans: CodeSpans;
  output: string;
  /** How far the text is in `output`. */
  copied: number;
  fence: Fence | undefined;
  /** The table we are in. `fenced`: one beyond the limit, inside a fence of ours. */
  table: { readonly fenced: boolean; readonly quotes: number } | undefined;
  tables: number;
  /** Whether the line above is text that a row of dashes could make a table's head. */
  textAbove: boolean;
  /** Where the code span that was entered ends. */
  spanEnd: number;
  /** Backticks that may still turn out to open a code span: until then a hazard cannot be told from code. */
  undecidedSpan: boolean;
  /** The next character the scan has to look at, or one already passed. */
  nextMark: number;
  /** The `(` of a picture's target. */
  pictureTarget: number;
};

export function createPass(text: string, complete: boolean, maxTables: number): Pass {
  return {
    text,
    complete,
    maxTables,
    spans: createCodeSpans(text, complete),
    output: '',
    copied: 0,
    fence: undefined,
    table: undefined,
    tables: 0,
    textAbove: false,
    spanEnd: 0,
    undecidedSpan: false,
    nextMark: -1,
    pictureTarget: -1,
  };
}

/** A zero-width space: it is not shown, and nothing that stands on both sides of it is read as one token. */
export const BREAK = '\u200B';

/** Writes `inserted` before the character at `position`. */
export function insertAt(pass: Pass, position: number, inserted: string): void {
  copyUpTo(pass, position);
  pass.output += inserted;
}

/** Leaves out the character at `position`. */
export function dropAt(pass: Pass, position: number): void {
  copyUpTo(pass, position);
  pass.copied = position + 1;
}

export function copyUpTo(pass: Pass, position: number): void {
  if (position <= pass.copied) return;
  pass.output += pass.text.slice(pass.copied, position);
  pass.copied = position;
}
