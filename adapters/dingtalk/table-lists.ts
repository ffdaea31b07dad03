import { blockOf, fenceClosedBy, type Fence } from './render-blocks.ts';

/**
 * Robot messages show tables as raw bars and dashes, so the head becomes a line and each row a list item. Only tables
 * whose lines begin with a bar, as models write them. While `complete` is false, what may still be part of a table is
 * held back; the result for a longer text begins with that for a shorter one.
 */
export function tablesAsLists(rendered: string, complete: boolean): string {
  const lines = rendered.split('\n');
  const written: string[] = [];
  let fence: Fence | undefined;
  for (let index = 0; index < lines.length;) {
    const line = lines[index] ?? '';
    const rows = fence === undefined ? rowsFrom(lines, index) : 0;
    if (rows > 0) {
      // Its last line may go on, and a further one may come.
      if (!complete && index + rows === lines.length) return written.join('\n');
      written.push(...asList(lines.slice(index, index + rows)));
      index += rows;
      continue;
    }
    if (fence === undefined) fence = blockOf(line, false).fence;
    else if (fenceClosedBy(line, fence)) fence = undefined;
    written.push(line);
    index += 1;
  }
  return written.join('\n');
}

/** How many lines from here on begin with a bar. */
function rowsFrom(lines: readonly string[], index: number): number {
  let end = index;
  while (end < lines.length && /^\s*\|/.test(lines[end] ?? '')) end += 1;
  return end - index;
}

function asList(lines: readonly string[]): readonly string[] {
  const [head = '', dashes = '', ...rows] = lines;
  if (blockOf(dashes, false).kind !== 'dashes') return lines;
  return [`**${cellsOf(head)}**`, '', ...rows.map((row) => `- ${cellsOf(row)}`)];
}

/** A bar after a backslash belongs to its cell. */
function cellsOf(row: string): string {
  return row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
    .join(' · ');
}
