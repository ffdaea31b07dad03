/** What one line of the text is. `row`: of a table; `dashes`: the row that makes the line above a table's head. */
export type Block = {
  readonly kind: 'blank' | 'text' | 'item' | 'quote' | 'heading' | 'rule' | 'row' | 'dashes' | 'fence';
  /** Blanks at the beginning. */
  readonly indent: number;
  readonly fence: Fence | undefined;
};

/** An open code fence: its marks, and what stands before them on a line of its own. */
export type Fence = { readonly marks: string; readonly prefix: string };

const FENCE = /^([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(`{3,}(?=[^`]*$)|~{3,})/;
const DASHES = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** `table`: whether the line above belongs to a table, which then goes on until a blank line or another block. */
export function blockOf(line: string, table: boolean): Block {
  const indent = line.length - line.trimStart().length;
  const [, before, marks] = FENCE.exec(line) ?? [];
  if (before !== undefined && marks !== undefined) {
    const prefix = before.replace(/[-*+]|\d+[.)]/g, (marker) => ' '.repeat(marker.length));
    return { kind: 'fence', indent, fence: { marks, prefix } };
  }
  return { kind: kindOf(line, table), indent, fence: undefined };
}

function kindOf(line: string, table: boolean): Block['kind'] {
  const text = line.trim();
  if (text === '') return 'blank';
  if (/^#{1,6}(?:\s|$)/.test(text)) return 'heading';
  if (/[|:]/.test(text) && text.includes('-') && DASHES.test(line)) return 'dashes';
  if (/^([-*_])[ \t]*(?:\1[ \t]*){2,}$/.test(text)) return 'rule';
  if (/^(?:[-*+]|\d{1,9}[.)])(?:\s|$)/.test(text)) return 'item';
  if (text.startsWith('>')) return 'quote';
  return table || text.startsWith('|') ? 'row' : 'text';
}

/**
 * Whether a line under way cannot be told apart yet: it holds nothing but characters that mark blocks, or it is a fence
 * that a further backtick would make inline code.
 */
export function mayStillBecomeBlock(line: string): boolean {
  return /^[\s>#\-*+_=`~|:\d.)]*$/.test(line) || FENCE.test(line);
}

/** Whether this line is the closing fence. */
export function fenceClosedBy(line: string, { marks }: Fence): boolean {
  const found = /^[ \t>]*(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
  return found?.startsWith(marks) === true;
}
