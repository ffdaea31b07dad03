import { isFields, parseJson, read, readList, readText } from '../../shared/json.ts';
import type { DingTalkQuoteRef } from '../types.ts';
import { unreadableKind } from './unreadable.ts';

/** Quoted text is context, not the question; it is stored with the turn. */
const MAX_QUOTED_CHARACTERS = 20_000;
const MAX_QUOTED_PICTURES = 20;
/** Cards nest a handful of levels. */
const MAX_CARD_DEPTH = 20;
const MAX_CARD_ELEMENTS = 500;

/**
 * The quoted message, from `text.repliedMsg` (undocumented, seen live). Undefined when nothing is quoted. Where only the
 * ids came, it is one that cannot be read, unless it was ours.
 */
export function readQuote(raw: unknown, robotCode: string): DingTalkQuoteRef | undefined {
  const replied = read(raw, 'text', 'repliedMsg') ?? read(raw, 'content', 'repliedMsg');
  const key = readText(raw, 'originalProcessQueryKey');
  const quotes = isFields(replied) || read(raw, 'text', 'isReplyMsg') === true;
  if (!quotes && readText(raw, 'originalMsgId') === undefined && key === undefined) return undefined;
  const { text, codes, unreadable } = readReplied(replied);
  const self = readText(raw, 'chatbotUserId');
  const own = key !== undefined || (self !== undefined && readText(replied, 'senderId') === self);
  return {
    author: own ? 'self' : 'person',
    text: text.slice(0, MAX_QUOTED_CHARACTERS).toWellFormed(),
    media: codes.slice(0, MAX_QUOTED_PICTURES).map((downloadCode) => ({ downloadCode, robotCode })),
    unreadable,
    ...(key === undefined ? {} : { processQueryKey: key }),
  };
}

type Replied = {
  readonly text: string;
  readonly codes: readonly string[];
  readonly unreadable: readonly string[];
};

function readReplied(replied: unknown): Replied {
  const msgType = readText(replied, 'msgType') ?? 'unknownMsgType';
  const content = contentOf(replied);
  const rich = readList(content, 'richText');
  const codes = [content, ...rich].flatMap((part) =>
    part === content ? pictureCodes(msgType, part) : pictureCodes(readText(part, 'msgType') ?? '', part),
  );
  const text = textOf(content, rich, msgType);
  return { text, codes, unreadable: text === '' && codes.length === 0 ? [unreadableKind(msgType)] : [] };
}

/** An object, a JSON string, or the words themselves. */
function contentOf(replied: unknown): unknown {
  const content = read(replied, 'content');
  if (typeof content !== 'string') return content;
  const decoded = parseJson(content);
  return isFields(decoded) ? decoded : { text: content };
}

function pictureCodes(kind: string, part: unknown): readonly string[] {
  if (kind !== 'picture' && readText(part, 'type') !== 'picture') return [];
  const code = readText(part, 'downloadCode') ?? readText(part, 'pictureDownloadCode');
  return code === undefined ? [] : [code];
}

function textOf(content: unknown, rich: readonly unknown[], msgType: string): string {
  // Both members were seen to hold quoted text.
  const plain = readText(content, 'text') ?? readText(content, 'content');
  if (plain !== undefined) return plain.trim();
  if (rich.length > 0) return rich.map(itemText).join('').trim();
  if (msgType === 'audio') return (readText(content, 'recognition') ?? '').trim();
  if (msgType === 'chatRecord') return recordText(content);
  const parameters = read(content, 'cardData', 'cardParamMap');
  return (readText(parameters, 'content') ?? cardText(read(content, 'cardContent'))).trim();
}

function itemText(item: unknown): string {
  const name = readText(item, 'atName');
  if (name !== undefined) return `@${name} `;
  return readText(item, 'msgType') === 'picture'
    ? ''
    : (readText(item, 'content') ?? readText(item, 'text') ?? '');
}

/** Forwarded messages: a JSON string of lines without senders, with holes for what cannot be shown. */
function recordText(content: unknown): string {
  const lines = parseJson(readText(content, 'chatRecord') ?? '');
  const words = (Array.isArray(lines) ? lines : [])
    .map((line: unknown) => readText(line, 'content') ?? readText(line, 'content', 'text') ?? '')
    .filter((line) => line !== '');
  return words.length > 0 ? words.join('\n') : (readText(content, 'summary') ?? '').trim();
}

/** The words a card shows. `UNKNOWN` elements hold the earlier prompt, not what is shown. */
function cardText(root: unknown): string {
  const words: string[] = [];
  let left = MAX_CARD_ELEMENTS;
  const visit = (element: unknown, depth: number): void => {
    left -= 1;
    if (left < 0 || depth > MAX_CARD_DEPTH) return;
    const value = readText(element, 'value');
    if (value !== undefined && readText(element, 'elementType') !== 'UNKNOWN') words.push(value);
    for (const child of readList(element, 'children')) visit(child, depth + 1);
  };
  const elements: readonly unknown[] = Array.isArray(root) ? root : [root];
  for (const element of elements) visit(element, 0);
  return words.join('\n');
}
