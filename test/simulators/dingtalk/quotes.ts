import { isObject, parseJson, type JsonObject } from '../feishu/json.ts';
import type { Platform } from './platform.ts';
import type { SimMessage } from './world-types.ts';

/**
 * What a quoting message holds of the quoted one; no document describes it. `auto`: what its kind usually gives.
 * `card-tree`: a bot's card as a tree of elements; `card-parameters`: as the values of its variables; `no-content`: only
 * who and when, as cards often come; `unknown`: files and voice as a bare `unknownMsgType`; `id-only`: no `repliedMsg`.
 */
export type QuoteShape = 'auto' | 'card-tree' | 'card-parameters' | 'no-content' | 'unknown' | 'id-only';

export type Quote = { readonly message: SimMessage; readonly shape?: QuoteShape };

/** Members beside the common ones: `originalMsgId`, and `isReplyMsg` with `repliedMsg` inside `text`. */
export type QuoteMembers = { readonly top: JsonObject; readonly text: JsonObject };

export function quoteMembers({ message, shape = 'auto' }: Quote, platform: Platform): QuoteMembers {
  const { msgId, processQueryKey } = message;
  const key = processQueryKey === undefined ? {} : { originalProcessQueryKey: processQueryKey };
  const top = { originalMsgId: msgId, ...key };
  if (shape === 'id-only') return { top, text: { isReplyMsg: true } };
  const content = quotedContent(message, shape, platform);
  const repliedMsg = {
    createdAt: message.createdMs,
    senderId: message.from.kind === 'person' ? message.from.person.senderId : platform.app.botUserId,
    msgType: shape === 'unknown' ? 'unknownMsgType' : message.msgtype,
    msgId,
    ...(content === undefined ? {} : { content }),
  };
  return { top, text: { isReplyMsg: true, repliedMsg } };
}

function quotedContent(message: SimMessage, shape: QuoteShape, platform: Platform): JsonObject | undefined {
  if (shape === 'no-content') return undefined;
  if (shape === 'unknown') return { unknownMsgType: message.msgtype };
  if (shape === 'card-tree') return { cardContent: cardTree(message, platform) };
  if (shape === 'card-parameters') {
    return { cardData: { cardParamMap: Object.fromEntries(message.card?.values ?? []) } };
  }
  if (message.msgtype === 'text' || message.msgtype === 'markdown') {
    const { content } = isObject(message.content['text']) ? message.content['text'] : message.content;
    const text = message.from.kind === 'person' && typeof content === 'string' ? content : message.text;
    return { [platform.rules.quotedTextMember]: text };
  }
  if (message.msgtype === 'interactiveCard') return undefined;
  if (message.msgtype === 'richText') return { richText: quotedItems(message) };
  return contentOf(message);
}

/** Items of a quoted rich text have other members than those of a received one. */
function quotedItems(message: SimMessage): readonly JsonObject[] {
  const { richText } = contentOf(message);
  const items: unknown[] = Array.isArray(richText) ? richText : [];
  return items.filter(isObject).map((item) => {
    if (item['type'] === 'picture') return { msgType: 'picture', downloadCode: item['downloadCode'] };
    if (item['type'] === 'at') return { msgType: 'at', atName: item['atName'] };
    if (item['type'] === 'emoji') return { msgType: 'emoji', content: item['text'] };
    return { msgType: 'text', content: item['text'] };
  });
}

function contentOf(message: SimMessage): JsonObject {
  const { content } = message.content;
  const decoded = typeof content === 'string' ? parseJson(content) : content;
  return isObject(decoded) ? decoded : {};
}

/** `UNKNOWN` elements hold the earlier prompt, not the answer; what is visible stands in `TEXT` elements. */
function cardTree(message: SimMessage, platform: Platform): JsonObject {
  const { card, conversationId, createdMs } = message;
  const prompt = platform.world
    .messages(conversationId)
    .findLast(({ from, createdMs: sentMs }) => from.kind === 'person' && sentMs <= createdMs);
  const visible = [...(card?.values ?? [])]
    .filter(([name]) => card?.template.variables[name] === 'markdown')
    .map(([, value]) => ({ elementType: 'TEXT', value }));
  const children = [{ elementType: 'UNKNOWN', value: prompt?.text ?? '' }, ...visible];
  return { elementType: 'ROOT', children: [{ elementType: 'CONTAINER', children }] };
}
