import { isFields, parseJson, readText, type Fields } from '../../../shared/json.ts';

/** Enough for any card (at most 30 KB) and an end for one that is not a card. */
const MAX_DEPTH = 24;

/** What Feishu shows in place of a card that it cannot give back as text. */
const UPGRADE_HINT = '请升级至最新版本客户端';

/** Parts that are not what the card says: controls, and what our own answers fold away or print small. */
const SKIPPED_TAGS: ReadonlySet<string> = new Set([
  'button',
  'collapsible_panel',
  'chart',
  'img',
  'select_static',
  'overflow',
]);

/** Elements that stand in one line with their neighbours. */
const INLINE_TAGS: ReadonlySet<string> = new Set(['text', 'a', 'at', 'emotion', 'img']);

/**
 * The words of a card, as well as they can be had from the shapes in which Feishu gives cards back: the rendered form
 * (`{title, elements: [[…]]}`, lossy), the card as it was sent, or a JSON string of it under `json_card` or `user_dsl`
 * (where a degraded card keeps its real text, if anywhere). Empty when nothing can be read.
 */
export function readCardText(content: string): string {
  const card = parseJson(content);
  const forms = [readText(card, 'user_dsl'), readText(card, 'json_card')].flatMap((inner) =>
    inner === undefined ? [] : [parseJson(inner)],
  );
  for (const form of [...forms, card]) {
    const lines = textOf(form).split('\n');
    const text = lines.filter((line) => !line.includes(UPGRADE_HINT)).join('\n');
    if (text !== '') return text;
  }
  return '';
}

function textOf(card: unknown): string {
  if (!isFields(card)) return '';
  const title = readText(card, 'title') ?? readText(card, 'header', 'title', 'content');
  const body = isFields(card.body) ? card.body.elements : card.elements;
  return [title, linesOf(body, 0)].filter((part) => part !== undefined && part !== '').join('\n');
}

function linesOf(node: unknown, depth: number): string {
  if (depth > MAX_DEPTH) return '';
  if (!Array.isArray(node)) return isFields(node) ? elementText(node, depth) : '';
  const inline = node.every(
    (element) => isFields(element) && INLINE_TAGS.has(readText(element, 'tag') ?? ''),
  );
  const parts = node.map((element) => linesOf(element, depth + 1));
  return inline ? parts.join('') : parts.filter((part) => part !== '').join('\n');
}

function elementText(element: Fields, depth: number): string {
  const tag = readText(element, 'tag') ?? '';
  if (SKIPPED_TAGS.has(tag) || isSmall(element) || isSmall(element.text)) return '';
  if (tag === 'at') return `@${readText(element, 'user_name') ?? ''}`;
  const own =
    readText(element, 'content') ?? readText(element, 'text') ?? readText(element, 'text', 'content') ?? '';
  const inner = [element.elements, element.columns, element.fields].map((part) => linesOf(part, depth + 1));
  return [own, ...inner].filter((part) => part !== '').join('\n');
}

/** The smallest size is for what stands beside the text: our own progress line and footer among it. */
const isSmall = (text: unknown): boolean => readText(text, 'text_size') === 'notation';
