import { createCard, isStreaming, type Card } from './card.ts';
import { CardProblem, messageFault } from './card-problem.ts';
import { checkMarkdown } from './card-rules.ts';
import { FeishuFault } from './fault.ts';
import { isObject, parseJson, stringOf, type JsonObject } from './json.ts';
import type { Platform } from './platform.ts';
import type { SimChat } from './world-types.ts';

/** What a message request brings, checked: its content as it will be handed out, its card, and whom it notifies. */
export type OutgoingContent = {
  readonly content: string;
  readonly card?: Card;
  readonly legacyCard?: JsonObject;
  readonly pings: readonly string[];
};

const messageTypes = new Set(
  'text post image file audio media sticker interactive share_chat share_user system'.split(' '),
);

/** Throws the refusal the message APIs document for this content. */
export function checkContent(
  messageType: string,
  content: string,
  chat: SimChat,
  platform: Platform,
): OutgoingContent {
  if (!messageTypes.has(messageType)) throw invalid('msg_type is invalid');
  const { limits } = platform.rules;
  const maxBytes =
    messageType === 'interactive' || messageType === 'post' ? limits.cardBytes : limits.textBytes;
  if (Buffer.byteLength(content) > maxBytes) {
    throw new FeishuFault(230025, 'The length of the message content reaches its limit.');
  }
  const decoded = parseJson(content);
  if (!isObject(decoded)) {
    if (messageType !== 'interactive') throw invalid('content is not in json format');
    throw messageFault(
      new CardProblem(200621, 'parse card json err, please check whether the card json is correct'),
    );
  }
  const outgoing = decodeContent(messageType, content, decoded, platform);
  if (outgoing.pings.includes('all') && !chat.atAllAllowed) {
    throw new FeishuFault(230018, 'These operations are NOT allowed at current group settings.');
  }
  return outgoing;
}

function decodeContent(
  messageType: string,
  content: string,
  decoded: JsonObject,
  platform: Platform,
): OutgoingContent {
  if (messageType === 'interactive') return interactive(content, decoded, platform);
  if (messageType === 'text') {
    const text = stringOf(decoded['text']);
    if (text === undefined || text === '') throw invalid('text is empty');
    return { content, pings: mentionsIn(text) };
  }
  if (messageType === 'post') return post(decoded, platform);
  if (messageType === 'image' && !platform.world.uploads.has(String(decoded['image_key']))) {
    throw new FeishuFault(230017, 'Bot is NOT the owner of the resource.');
  }
  return { content, pings: [] };
}

function interactive(content: string, decoded: JsonObject, platform: Platform): OutgoingContent {
  if (decoded['type'] === 'card') return entity(content, decoded, platform);
  if (decoded['type'] === 'template') {
    throw messageFault(
      new CardProblem(
        200380,
        'template does not exist, please confirm whether this template has been released',
      ),
    );
  }
  try {
    if (decoded['schema'] === '2.0') {
      const card = createCard(decoded, platform.now(), platform.cardOptions);
      return { content, card, pings: [...card.report.mentions] };
    }
    if (!Array.isArray(decoded['elements']) && !isObject(decoded['i18n_elements'])) {
      throw new CardProblem(200621, 'parse card json err, please check whether the card json is correct');
    }
    return { content, legacyCard: decoded, pings: [] };
  } catch (error) {
    throw error instanceof CardProblem ? messageFault(error) : error;
  }
}

function entity(content: string, decoded: JsonObject, platform: Platform): OutgoingContent {
  const cardId = isObject(decoded['data']) ? stringOf(decoded['data']['card_id']) : undefined;
  const card = cardId === undefined ? undefined : platform.world.cards.get(cardId);
  if (card === undefined) throw messageFault(new CardProblem(200740, 'The card entity does not exist'));
  if (platform.now() - card.createdAtMs >= platform.rules.limits.entityMs) {
    throw messageFault(new CardProblem(200750, 'The card entity has expired'));
  }
  if (card.messageId !== undefined) {
    throw messageFault(
      new CardProblem(300311, 'the card entity has already been sent, it can be sent only once'),
    );
  }
  return { content, card, pings: [...card.report.mentions] };
}

function post(decoded: JsonObject, platform: Platform): OutgoingContent {
  const body = isObject(decoded['post']) ? decoded['post'] : decoded;
  const localized = Object.values(body).find((value) => isObject(value) && Array.isArray(value['content']));
  if (!isObject(localized) || !Array.isArray(localized['content'])) throw invalid('post content is invalid');
  const pings: string[] = [];
  for (const paragraph of localized['content']) {
    const elements: unknown[] = Array.isArray(paragraph) ? paragraph : [];
    if (elements.length > 1 && elements.some((element) => isObject(element) && element['tag'] === 'md')) {
      throw invalid('md must be the only element of its paragraph');
    }
    for (const element of elements) pings.push(...postElement(element, platform));
  }
  // Handed out as it is received: without the locale around it.
  const content = JSON.stringify({
    title: stringOf(localized['title']) ?? '',
    content: localized['content'],
  });
  return { content, pings };
}

function postElement(element: unknown, platform: Platform): readonly string[] {
  if (!isObject(element)) throw invalid('post element is invalid');
  const { tag } = element;
  if (tag === 'at') return [String(element['user_id'])];
  if (tag === 'img' && !platform.world.uploads.has(String(element['image_key'])))
    throw invalid('invalid image_key');
  if (tag === 'md') {
    try {
      return [
        ...mentionsIn(String(element['text'])),
        ...checkMarkdown(String(element['text']), 'post', platform.cardOptions.surroundings).mentions,
      ];
    } catch (error) {
      throw error instanceof CardProblem ? invalid(error.message) : error;
    }
  }
  return [];
}

function mentionsIn(text: string): readonly string[] {
  return [...text.matchAll(/<at\s+user_id\s*=\s*"([^"]+)"\s*>/gi)].map(([, id]) => id ?? '');
}

function invalid(reason: string): FeishuFault {
  return new FeishuFault(230001, `Your request contains an invalid request parameter, ext=${reason}`);
}

/** Whether a message's card is being streamed now: it cannot be forwarded or changed by a callback. */
export function streamingNow(card: Card | undefined, platform: Platform): boolean {
  return card !== undefined && isStreaming(card, platform.now(), platform.rules);
}
