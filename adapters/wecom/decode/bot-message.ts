import type { InboundMessage, Place } from '../../../src/contract/inbound.ts';
import type { AdapterId, QuoteRef, ReplyTarget } from '../../../src/contract/ids.ts';
import { isFields, read, readNumber, readText } from '../../shared/json.ts';
import { chatKey, eventKey, personKey, platformId, quoteRef, tenantKey } from '../ids.ts';
import { readBotContent } from './bot-content.ts';
import { malformed, type Decoded } from './decoded.ts';
import type { MentionNames } from './mention-names.ts';

/** What decoding needs to know beside the body itself. */
export type BotContext = {
  readonly adapter: AdapterId;
  /** Stands in for a time the body does not carry; messages carry none. */
  readonly receivedAt: Date;
  readonly mentions: MentionNames;
  /** Where the answer to this message goes. */
  readonly target: (found: BotChat & { readonly msgid: string }) => ReplyTarget;
};

/** `chatId` is what pushes go to: a group's chatid, or in a direct chat the person's userid. */
export type BotChat = { readonly chatId: string; readonly kind: 'direct' | 'group' };

/** A message for the bot, by webhook or long connection (path 100719). Pure but for the names it learns; never throws. */
export function decodeBotMessage(body: unknown, context: BotContext): Decoded {
  const msgid = readText(body, 'msgid');
  const userId = readText(body, 'from', 'userid');
  const chat = readBotChat(body);
  if (msgid === undefined) return malformed('msgid');
  if (userId === undefined) return malformed('userid of the sender');
  if (chat === undefined) return malformed('chatid');
  const content = readBotContent(body);
  const quote = quoteOf(read(body, 'quote'));
  const createdSeconds = readNumber(body, 'create_time');
  const event: InboundMessage = {
    type: 'message',
    eventKey: eventKey('message', msgid),
    place: placeOf(body, chat, context.adapter),
    sender: { key: personKey(userId) },
    addressed: true, // in a group only messages that mention the bot reach it
    text: chat.kind === 'group' ? context.mentions.strip(content.text) : content.text.trim(),
    media: content.media,
    unreadable: content.unreadable,
    ...(quote === undefined ? {} : { quote }),
    sentAt: createdSeconds === undefined ? context.receivedAt : new Date(createdSeconds * 1000),
    replyTarget: context.target({ ...chat, msgid }),
  };
  return { event };
}

/** Undefined when the body says neither a group nor a person. */
export function readBotChat(body: unknown): BotChat | undefined {
  const chatId = readText(body, 'chatid');
  const userId = readText(body, 'from', 'userid');
  if (readText(body, 'chattype') === 'single')
    return userId === undefined ? undefined : { chatId: userId, kind: 'direct' };
  return chatId === undefined ? undefined : { chatId, kind: 'group' };
}

export function placeOf(body: unknown, { chatId, kind }: BotChat, adapter: AdapterId): Place {
  return {
    adapter,
    platform: platformId,
    tenant: tenantKey(readText(body, 'aibotid') ?? ''),
    chat: chatKey(chatId),
    kind,
  };
}

/** A quote has neither id nor sender, but its content: it needs no fetching. */
function quoteOf(quote: unknown): QuoteRef | undefined {
  if (!isFields(quote)) return undefined;
  const { text, media, unreadable } = readBotContent(quote);
  return quoteRef({ text, media, unreadable });
}
