import { el } from './dom.js';

const entities = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: '\u00a0' };
const fontColours = ['green', 'red', 'grey', 'blue', 'orange', 'purple'];
const deepest = 12;

/** Markdown within a line, as nodes. Only http, https and mailto can be followed. */
export function inline(text, depth = 0) {
  const nodes = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') nodes.push(plain);
    plain = '';
  };
  for (let index = 0; index < text.length;) {
    const found = depth < deepest ? spanAt(text, index, depth) : undefined;
    if (found === undefined) {
      plain += text.charAt(index);
      index += 1;
      continue;
    }
    if (typeof found.node === 'string') plain += found.node;
    else {
      flush();
      nodes.push(found.node);
    }
    index = found.end;
  }
  flush();
  return nodes;
}

function spanAt(text, index, depth) {
  switch (text[index]) {
    case '\\':
      return /[!-/:-@[-`{-~]/.test(text[index + 1] ?? '')
        ? { node: text[index + 1], end: index + 2 }
        : undefined;
    case '`':
      return code(text, index);
    case '*':
    case '_':
    case '~':
      return emphasis(text, index, depth);
    case '[':
      return link(text, index, depth);
    case '!':
      return text[index + 1] === '[' ? image(text, index) : undefined;
    case '&':
      return entity(text, index);
    case '<':
      return tag(text, index, depth);
    case 'h':
      return bareLink(text, index);
    case '\n':
      return { node: el('br'), end: index + 1 };
    default:
      return undefined;
  }
}

function code(text, index) {
  const ticks = /^`+/.exec(text.slice(index, index + 10))[0];
  let end = text.indexOf(ticks, index + ticks.length);
  while (end !== -1 && text[end + ticks.length] === '`') {
    end += ticks.length;
    while (text[end] === '`') end += 1;
    end = text.indexOf(ticks, end);
  }
  if (end === -1) return { node: ticks, end: index + ticks.length };
  const content = text.slice(index + ticks.length, end).replaceAll('\n', ' ');
  return { node: el('code', {}, content.replace(/^ (.*[^ ].*) $/, '$1')), end: end + ticks.length };
}

function emphasis(text, index, depth) {
  const [marks, name] = text.startsWith('**', index)
    ? ['**', 'strong']
    : text.startsWith('__', index)
      ? ['__', 'strong']
      : text.startsWith('~~', index)
        ? ['~~', 'del']
        : [text[index], 'em'];
  if (marks === '~' || /\s|^$/.test(text[index + marks.length] ?? '')) return undefined;
  if (marks.startsWith('_') && /\w/.test(text[index - 1] ?? '')) return undefined;
  for (let end = index + marks.length + 1; end < text.length; end += 1) {
    end = text.indexOf(marks, end);
    if (end === -1) return undefined;
    if (marks.length === 1 && (text[end + 1] === marks || text[end - 1] === marks)) {
      end += 1;
      continue;
    }
    if (/\s/.test(text[end - 1]) || (marks.startsWith('_') && /\w/.test(text[end + marks.length] ?? '')))
      continue;
    const content = text.slice(index + marks.length, end);
    return { node: el(name, {}, inline(content, depth + 1)), end: end + marks.length };
  }
  return undefined;
}

const linkShape = /\[((?:\\.|[^\]\\]|\][^([])*?)\]\(\s*<?([^\s)>]*)>?(?:\s+["'][^"']*["'])?\s*\)/y;

function link(text, index, depth) {
  linkShape.lastIndex = index;
  const found = linkShape.exec(text);
  if (found === null) return undefined;
  const [whole, label, target] = found;
  return { node: anchor(target, inline(label, depth + 1)), end: index + whole.length };
}

function image(text, index) {
  linkShape.lastIndex = index + 1;
  const found = linkShape.exec(text);
  if (found === null) return undefined;
  // A card shows pictures that were uploaded; what a model names is never loaded.
  return { node: el('span', { class: 'no-picture' }, `[${found[1]}]`), end: index + 1 + found[0].length };
}

function bareLink(text, index) {
  const found = /^https?:\/\/[^\s<>"'`)\]，。；：！？、）】]+/.exec(text.slice(index, index + 2048));
  if (found === null || /\w/.test(text[index - 1] ?? '')) return undefined;
  const target = found[0].replace(/[.,;:!?]+$/, '');
  return { node: anchor(target, [target]), end: index + target.length };
}

function anchor(target, children) {
  if (!/^(https?:\/\/|mailto:)/i.test(target)) return el('span', { class: 'no-link' }, children);
  return el('a', { href: target, target: '_blank', rel: 'noopener noreferrer' }, children);
}

function entity(text, index) {
  const found = /^&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,5}));/i.exec(text.slice(index, index + 12));
  if (found === null) return undefined;
  const [whole, decimal, hexadecimal, name] = found;
  const number = decimal === undefined ? parseInt(hexadecimal ?? '', 16) : Number(decimal);
  const named = name === undefined ? undefined : entities[name.toLowerCase()];
  const node = named ?? (number > 0 && number <= 0x10ffff ? String.fromCodePoint(number) : undefined);
  return node === undefined ? undefined : { node, end: index + whole.length };
}

/** The few tags Feishu knows; everything else stays the text it is. */
function tag(text, index, depth) {
  const rest = text.slice(index, index + 4096);
  const lineBreak = /^<br\s*\/?>/i.exec(rest);
  if (lineBreak !== null) return { node: el('br'), end: index + lineBreak[0].length };
  const font = /^<font color=["']?(\w+)["']?>(.*?)<\/font>/is.exec(rest);
  if (font !== null && fontColours.includes(font[1])) {
    return {
      node: el('span', { class: `font-${font[1]}` }, inline(font[2], depth + 1)),
      end: index + font[0].length,
    };
  }
  const auto = /^<(https?:\/\/[^\s<>]+)>/i.exec(rest);
  return auto === null ? undefined : { node: anchor(auto[1], [auto[1]]), end: index + auto[0].length };
}
