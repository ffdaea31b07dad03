import { blockOf, fenceClosedBy, type Fence } from './render-blocks.ts';

/** Robot messages show tables as raw bars and dashes, so each row becomes a list item that names its columns. */
export function tablesAsLists(markdown: string): string {
  const lines = markdown.split('\n');
  const written: string[] = [];
  let fence: Fence | undefined;
  for (let index = 0; index < lines.length;) {
    const line = lines[index] ?? '';
    if (fence !== undefined) {
      if (fenceClosedBy(line, fence)) fence = undefined;
    } else {
      fence = blockOf(line, false).fence;
      const rows = fence === undefined ? tableAt(lines, index) : 0;
      if (rows > 0) {
        written.push(...items(lines.slice(index, index + rows)));
        index += rows;
        continue;
      }
    }
    written.push(line);
    index += 1;
  }
  return written.join('\n');
}

/** How many lines the table has that begins here; 0 when none does. */
function tableAt(lines: readonly string[], index: number): number {
  const head = lines[index] ?? '';
  const dashes = blockOf(lines[index + 1] ?? '', false);
  if (!head.includes('|') || dashes.kind !== 'dashes') return 0;
  let end = index + 2;
  while (end < lines.length && blockOf(lines[end] ?? '', true).kind === 'row') end += 1;
  return end - index;
}

function items([head = '', , ...rows]: readonly string[]): readonly string[] {
  const names = cellsOf(head);
  if (rows.length === 0) return [names.join(' · ')];
  return rows.map((row) => {
    const cells = cellsOf(row).map((cell, column) => {
      const name = names[column] ?? '';
      return name === '' || cell === '' ? cell : `**${name}**: ${cell}`;
    });
    return `- ${cells.filter((cell) => cell !== '').join('; ')}`;
  });
}

/** A bar after a backslash belongs to its cell. */
function cellsOf(row: string): readonly string[] {
  return row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}
