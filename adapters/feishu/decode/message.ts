import type { InboundMessage } from '../../../src/contract/inbound.ts';
import type { QuoteRef } from '../../../src/contract/ids.ts';
import { readList, readText } from '../../shared/json.ts';
import { readContent } from './content/registry.ts';
import { malformed, type DecodeContext, type Decoded } from './decoded.ts';
import { mediaRef, messageEventKey, personKey, quoteRef, replyTarget } from './ids.ts';
import { joinSegments, readMentions, SELF } from './mentions.ts';
import { placeOf } from './place.ts';
import { readPlatformTime } from './time.ts';

/** `im.message.receive_v1` */
export function decodeMessage(raw: unknown, context: DecodeContext): Decoded {
  const messageId = readText(raw, 'event', 'message', 'message_id');
  const chatId = readText(raw, 'event', 'message', 'chat_id');
  const openId = readText(raw, 'event', 'sender', 'sender_id', 'open_id');
  const kind = readText(raw, 'event', 'message', 'message_type');
  // Other bots first: they may have no open_id, and two bots must not keep each other talking.
  const senderType = readText(raw, 'event', 'sender', 'sender_type');
  if (senderType === 'bot' || senderType === 'app') return { ignored: 'sent by a bot' };
  if (kind === 'system') return { ignored: 'a system message' };
  if (messageId === undefined) return malformed('message_id');
  if (chatId === undefined) return malformed('chat_id');
  if (openId === undefined) return malformed('open_id of the sender');
  if (openId === context.botOpenId) return { ignored: 'sent by this bot' };
  return { event: toMessage(raw, { messageId, chatId, openId, kind: kind ?? '' }, context) };
}

type Parts = {
  readonly messageId: string;
  readonly chatId: string;
  readonly openId: string;
  readonly kind: string;
};

function toMessage(raw: unknown, parts: Parts, { botOpenId, receivedAt }: DecodeContext): InboundMessage {
  const { messageId, chatId, openId, kind } = parts;
  const mentions = readMentions(readList(raw, 'event', 'message', 'mentions'), botOpenId);
  const content = readContent(kind, readText(raw, 'event', 'message', 'content') ?? '', mentions);
  const direct = readText(raw, 'event', 'message', 'chat_type') === 'p2p';
  const threadId = readText(raw, 'event', 'message', 'thread_id');
  const quote = quoteOf(raw, threadId);
  return {
    type: 'message',
    eventKey: messageEventKey(messageId),
    place: placeOf(raw, chatId, direct ? 'direct' : 'group', threadId),
    sender: { key: personKey(openId) },
    addressed: direct || mentions.self || content.segments.includes(SELF),
    text: joinSegments(content.segments),
    media: content.imageKeys.map((imageKey) => mediaRef({ messageId, imageKey })),
    unreadable: content.unreadable,
    ...(quote === undefined ? {} : { quote }),
    sentAt:
      readPlatformTime(readText(raw, 'event', 'message', 'create_time')) ??
      readPlatformTime(readText(raw, 'header', 'create_time')) ??
      receivedAt,
    replyTarget: replyTarget({ messageId, chatId, ...(threadId === undefined ? {} : { threadId }) }),
  };
}

/**
 * The quoted message is `parent_id`. Inside a topic every plain message has the topic's root as root and as parent, so
 * only a parent that is not the root was really quoted; that someone quotes the root itself cannot be told apart, and
 * dragging the root into every message of a topic would be worse.
 */
function quoteOf(raw: unknown, threadId: string | undefined): QuoteRef | undefined {
  const parentId = readText(raw, 'event', 'message', 'parent_id');
  const rootId = readText(raw, 'event', 'message', 'root_id');
  if (parentId === undefined || (threadId !== undefined && parentId === rootId)) return undefined;
  return quoteRef({ messageId: parentId });
}
