import { el } from './dom.js';
import { inline } from './markdown-inline.js';

const deepest = 8;
const fence = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const rule = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const listItem = /^(\s*)([-*+]|\d{1,9}[.)])(\s+)(.*)$/;
const delimiters = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** A model's Markdown as nodes: written with text nodes only, so that nothing in it can run or load. */
export function markdown(text) {
  return blocks(text.split('\n'), 0);
}

function blocks(lines, depth) {
  const nodes = [];
  for (let index = 0; index < lines.length;) {
    const read = readBlock(lines, index, depth);
    if (read.node !== undefined) nodes.push(read.node);
    index = read.next;
  }
  return nodes;
}

function readBlock(lines, index, depth) {
  const line = lines[index];
  if (line.trim() === '') return { next: index + 1 };
  if (fence.test(line)) return codeBlock(lines, index);
  const head = heading.exec(line);
  if (head !== null)
    return { node: el(`h${Math.min(6, head[1].length + 1)}`, {}, inline(head[2])), next: index + 1 };
  if (rule.test(line)) return { node: el('hr'), next: index + 1 };
  if (line.includes('|') && delimiters.test(lines[index + 1] ?? '') && (lines[index + 1] ?? '').includes('-'))
    return table(lines, index);
  if (depth < deepest && /^ {0,3}>/.test(line)) return quote(lines, index, depth);
  if (depth < deepest && listItem.test(line)) return list(lines, index, depth);
  return paragraph(lines, index, depth);
}

function codeBlock(lines, start) {
  const [, marks, language] = fence.exec(lines[start]);
  const closing = new RegExp(`^ {0,3}${marks[0]}{${marks.length},}\\s*$`);
  let end = start + 1;
  while (end < lines.length && !closing.test(lines[end])) end += 1;
  const code = el('code', {}, lines.slice(start + 1, end).join('\n'));
  const label = language.trim().split(/\s/)[0];
  return {
    node: el(
      'div',
      { class: 'code' },
      label ? el('div', { class: 'code-language' }, label) : undefined,
      el('pre', {}, code),
    ),
    next: end + 1,
  };
}

/** Cells between pipes; a pipe after a backslash or inside code belongs to its cell. */
function cells(line) {
  const trimmed = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return (trimmed.match(/(?:\\.|`[^`]*`|[^|])+|(?<=\|)(?=\||$)/g) ?? ['']).map((cell) =>
    cell.trim().replaceAll('\\|', '|'),
  );
}

function table(lines, start) {
  const head = cells(lines[start]);
  const sides = cells(lines[start + 1]).map((cell) =>
    cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : 'left',
  );
  const cell = (name, words, column) => el(name, { class: `to-${sides[column] ?? 'left'}` }, inline(words));
  const rows = [];
  let end = start + 2;
  for (; end < lines.length && lines[end].trim() !== '' && lines[end].includes('|'); end += 1) {
    const row = cells(lines[end]);
    rows.push(
      el(
        'tr',
        {},
        head.map((_, column) => cell('td', row[column] ?? '', column)),
      ),
    );
  }
  const headRow = el(
    'tr',
    {},
    head.map((words, column) => cell('th', words, column)),
  );
  const node = el('table', {}, el('thead', {}, headRow), el('tbody', {}, rows));
  return { node: el('div', { class: 'table-frame' }, node), next: end };
}

function quote(lines, start, depth) {
  let end = start;
  while (end < lines.length && /^ {0,3}>/.test(lines[end])) end += 1;
  const inner = lines.slice(start, end).map((line) => line.replace(/^ {0,3}> ?/, ''));
  return { node: el('blockquote', {}, blocks(inner, depth + 1)), next: end };
}

function list(lines, start, depth) {
  const [, indent, marker] = listItem.exec(lines[start]);
  const ordered = /\d/.test(marker);
  const items = [];
  let index = start;
  while (index < lines.length) {
    const found = listItem.exec(lines[index]);
    if (found === null || found[1].length > indent.length + 1 || /\d/.test(found[2]) !== ordered) break;
    if (found[1].length < indent.length) break;
    const inner = [found[4]];
    const inset = found[1].length + 2;
    index += 1;
    while (index < lines.length && belongs(lines, index, inset)) {
      inner.push(lines[index].slice(Math.min(inset, /^\s*/.exec(lines[index])[0].length)));
      index += 1;
    }
    items.push(el('li', {}, itemNodes(inner, depth)));
  }
  const first = ordered ? { start: parseInt(marker, 10) } : {};
  return { node: el(ordered ? 'ol' : 'ul', first, items), next: index };
}

function belongs(lines, index, inset) {
  if (lines[index].trim() === '')
    return /^\s*/.exec(lines[index + 1] ?? '')[0].length >= inset && (lines[index + 1] ?? '').trim() !== '';
  return /^\s*/.exec(lines[index])[0].length >= inset;
}

/** A single paragraph in an item needs no frame of its own. */
function itemNodes(inner, depth) {
  const nodes = blocks(inner, depth + 1);
  const [first, ...rest] = nodes;
  return first?.tagName === 'P' ? [...first.childNodes, ...rest] : nodes;
}

function paragraph(lines, start, depth) {
  let end = start + 1;
  while (end < lines.length && continues(lines, end, depth)) end += 1;
  return { node: el('p', {}, inline(lines.slice(start, end).join('\n'))), next: end };
}

function continues(lines, index, depth) {
  const line = lines[index];
  if (line.trim() === '' || fence.test(line) || heading.test(line) || rule.test(line)) return false;
  if (depth < deepest && (/^ {0,3}>/.test(line) || listItem.test(line))) return false;
  return !(line.includes('|') && delimiters.test(lines[index + 1] ?? ''));
}
