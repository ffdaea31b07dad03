import { textOf } from './card.ts';
import { elementsOf } from './card-tree.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Platform } from './platform.ts';
import type { SimMessage } from './world-types.ts';

/** A message as create, reply, get and update answer it. `rawCard` asks for the card itself instead of its summary. */
export function messageShape(message: SimMessage, platform: Platform, rawCard = false): JsonObject {
  const { app } = platform;
  const deleted = message.state !== 'sent';
  const sender =
    message.sender.type === 'app'
      ? { id: app.appId, id_type: 'app_id', sender_type: 'app', tenant_key: app.tenantKey }
      : {
          id: message.sender.user.openId,
          id_type: 'open_id',
          sender_type: senderType(message),
          tenant_key: app.tenantKey,
        };
  return {
    message_id: message.messageId,
    ...optional('root_id', message.rootId),
    ...optional('parent_id', message.parentId),
    ...optional('thread_id', message.threadId),
    msg_type: message.messageType,
    create_time: String(message.createdMs),
    update_time: String(message.updatedMs),
    deleted,
    updated: message.edits > 0,
    chat_id: message.chatId,
    sender,
    ...(deleted ? {} : { body: { content: contentOf(message, platform, rawCard) } }),
    ...(message.mentions.length === 0
      ? {}
      : { mentions: message.mentions.map((mention) => mentionShape(mention, app.tenantKey)) }),
    ...optional('upper_message_id', message.upperMessageId),
  };
}

function senderType(message: SimMessage): string {
  return message.sender.type === 'user' && message.sender.user.kind === 'bot' ? 'app' : 'user';
}

function mentionShape({ key, user }: SimMessage['mentions'][number], tenantKey: string): JsonObject {
  return { key, id: user.openId, id_type: 'open_id', name: user.name, tenant_key: tenantKey };
}

function optional(name: string, value: string | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

function contentOf(message: SimMessage, platform: Platform, rawCard: boolean): string {
  const card = message.card?.json ?? message.legacyCard;
  if (card === undefined) return message.content;
  if (rawCard) {
    const text = JSON.stringify(card);
    return platform.rules.userCardContent === 'card' ? text : JSON.stringify({ user_dsl: text });
  }
  return JSON.stringify(summaryOf(card, message.card !== undefined));
}

/** The lossy form in which a card is quoted. Of a 2.0 card only the title and an appeal to upgrade remain. */
function summaryOf(card: unknown, modern: boolean): JsonObject {
  const header = isObject(card) && isObject(card['header']) ? card['header'] : {};
  const title = isObject(header['title']) ? textOf(header['title']) : '';
  const upgrade = { tag: 'text', text: '请升级至最新版本客户端，以查看内容' };
  const texts = [...elementsOf(isObject(card) ? card['elements'] : [])].map((element) => ({
    tag: 'text',
    text: textOf(element),
  }));
  return {
    title,
    elements: modern ? [[upgrade]] : texts.filter(({ text }) => text !== '').map((text) => [text]),
  };
}
