import type { Json } from '../../src/contract/ids.ts';
import type { Snapshot } from '../../src/contract/reply.ts';
import {
  ANSWER_ID,
  buttonRow,
  markdownElement,
  plainElement,
  shown,
  thinkingPanel,
} from './card-elements.ts';
import type { CardElement } from './card-elements.ts';
import { factElements, factMarkdown, MAX_CARD_TABLES } from './card-facts.ts';
import { countTables, renderFeishuMarkdown } from './render.ts';

/**
 * How much of a snapshot is shown as what it is. `full`: everything. `plain`: no tables, charts, images or reasoning, for
 * when Feishu refused the card for one of them. `bare`: the text as plain words, in which nothing can be refused.
 */
export type CardLevel = 'full' | 'plain' | 'bare';

export type Card = { readonly elements: readonly CardElement[]; readonly summary: string };

// Guide: a card holds at most 30 KB of JSON (200860, 230025). Whether a kilobyte is 1000 or 1024 it does not say.
const MAX_CARD_BYTES = 30_000;
/** What stays free while text grows, so that an update seldom meets the limit before the reasoning was shortened. */
const GROWTH_BYTES = 2000;
// What a chat list shows of a card.
const SUMMARY_LENGTH = 120;

/** The steps in which a card that is too large gets smaller: first the reasoning, then the facts. */
const SIZES = [
  { thinkingBytes: 8000, factRows: 100 },
  { thinkingBytes: 4000, factRows: 100 },
  { thinkingBytes: 2000, factRows: 100 },
  { thinkingBytes: 0, factRows: 100 },
  { thinkingBytes: 0, factRows: 30 },
  { thinkingBytes: 0, factRows: 10 },
  { thinkingBytes: 0, factRows: 3 },
] as const;

type Size = (typeof SIZES)[number];

/** Everything a snapshot shows, as elements from top to bottom. `live`: more may come; at the end no progress is left. */
export function buildCard(snapshot: Snapshot, level: CardLevel, live: boolean): Card {
  const limit = MAX_CARD_BYTES - (live ? GROWTH_BYTES : 0);
  let card: Card = { elements: [], summary: '' };
  for (const size of SIZES) {
    card = { elements: elementsOf(snapshot, level, live, size), summary: summaryOf(snapshot) };
    if (Buffer.byteLength(cardJson(card, live)) <= limit) return card;
  }
  // The answer itself is cut to size by whoever splits it into several replies.
  return card;
}

/** The card JSON 2.0 Feishu wants, serialised once. `streaming`: text can be put into it as it grows. */
export function cardJson({ elements, summary }: Card, streaming: boolean): string {
  const config: Json = {
    update_multi: true,
    streaming_mode: streaming,
    summary: { content: summary },
    ...(streaming ? { streaming_config: STREAMING } : {}),
  };
  return JSON.stringify({ schema: '2.0', config, body: { elements } });
}

// The guide's defaults (70 ms, 1 character) show 14 characters a second and fall behind. 30–50 ms and 3–5 characters
// keep up with a model; `fast` shows the rest at once when the next text comes. Set once: it must not change later.
const STREAMING = {
  print_frequency_ms: { default: 40, android: 40, ios: 40, pc: 40 },
  print_step: { default: 4, android: 4, ios: 4, pc: 4 },
  print_strategy: 'fast',
} as const;

/** `PATCH …/settings`. A summary set before would stay when streaming ends, so the last one goes with it. */
export function settingsJson(streaming: boolean, summary?: string): string {
  const config = {
    streaming_mode: streaming,
    ...(summary === undefined ? {} : { summary: { content: summary } }),
  };
  return JSON.stringify({ config });
}

export function summaryOf(snapshot: Snapshot): string {
  const words = renderFeishuMarkdown(snapshot.preview, true, 0).replace(/\s+/g, ' ').trim();
  return shown(Array.from(words).slice(0, SUMMARY_LENGTH).join(''));
}

function elementsOf(snapshot: Snapshot, level: CardLevel, live: boolean, size: Size): readonly CardElement[] {
  const { markdown, notice, progress, footer, buttons = [] } = snapshot;
  const thinking = level === 'full' ? endOf(snapshot.thinking ?? '', size.thinkingBytes) : '';
  const elements = [
    ...(thinking === '' ? [] : [thinkingPanel(snapshot.thinkingTitle ?? '', thinking)]),
    ...(markdown === '' ? [] : [answerElement(markdown, level, live)]),
    ...factsOf(snapshot, level, size),
    ...(notice === undefined ? [] : [plainElement('notice', notice, 'normal')]),
    ...(progress === undefined || !live ? [] : [plainElement('progress', progress, 'aside')]),
    ...(buttons.length === 0 ? [] : [buttonRow(buttons)]),
    ...(footer === undefined ? [] : [plainElement('footer', footer, 'aside')]),
  ];
  return elements.length > 0 ? elements : [markdownElement(ANSWER_ID, '')];
}

function answerElement(markdown: string, level: CardLevel, live: boolean): CardElement {
  if (level === 'full') return markdownElement(ANSWER_ID, markdown);
  if (level === 'bare') return plainElement(ANSWER_ID, markdown, 'normal');
  return markdownElement(ANSWER_ID, renderFeishuMarkdown(markdown, !live, 0).replaceAll('![', '!\u200B['));
}

function factsOf({ facts = [], markdown }: Snapshot, level: CardLevel, { factRows }: Size): CardElement[] {
  if (level === 'bare')
    return facts.map((fact, index) => plainElement(`fact_${index}`, factMarkdown(fact, factRows), 'normal'));
  if (level === 'plain')
    return facts.map((fact, index) => markdownElement(`fact_${index}`, factMarkdown(fact, factRows)));
  return factElements(facts, factRows, MAX_CARD_TABLES - countTables(markdown));
}

/** The last `maxBytes` of the reasoning, as JSON counts them, from the start of a line where there is one. */
function endOf(thinking: string, maxBytes: number): string {
  if (maxBytes === 0) return '';
  let start = thinking.length;
  for (let bytes = 0; start > 0; start -= 1) {
    bytes += Buffer.byteLength(JSON.stringify(thinking.charAt(start - 1))) - 2;
    if (bytes > maxBytes) break;
  }
  const cut = start === 0 ? thinking : `…${fromLineStart(thinking.slice(start))}`;
  // Tables count for the card, and what stood inside a fence whose beginning was cut off does no longer.
  return renderFeishuMarkdown(cut, true, 0);
}

function fromLineStart(text: string): string {
  const lineBreak = text.indexOf('\n');
  return lineBreak === -1 ? text : text.slice(lineBreak);
}
