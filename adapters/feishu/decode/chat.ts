import { readText } from '../../shared/json.ts';
import { malformed, type Decoded } from './decoded.ts';
import { adapterId, address, eventKey, messageEventKey } from './ids.ts';
import { placeOf } from './place.ts';

/** `im.message.recalled_v1` */
export function decodeRecall(raw: unknown): Decoded {
  const messageId = readText(raw, 'event', 'message_id');
  const chatId = readText(raw, 'event', 'chat_id');
  if (messageId === undefined) return malformed('message_id');
  if (chatId === undefined) return malformed('chat_id');
  return {
    event: {
      type: 'recalled',
      eventKey: eventKey('recalled', messageId),
      place: placeOf(raw, chatId, 'group'),
      message: messageEventKey(messageId),
    },
  };
}

/** `im.chat.member.bot.added_v1` */
export function decodeBotAdded(raw: unknown): Decoded {
  const chatId = readText(raw, 'event', 'chat_id');
  if (chatId === undefined) return malformed('chat_id');
  const id = readText(raw, 'header', 'event_id') ?? chatId;
  return {
    event: {
      type: 'joined',
      eventKey: eventKey('added', id),
      place: placeOf(raw, chatId, 'group'),
      address: address({ chatId }),
    },
  };
}

/**
 * `im.chat.access_event.bot_p2p_chat_entered_v1` comes at every opening of the direct chat; the chat as the key makes
 * one event of them all.
 */
export function decodeDirectChatEntered(raw: unknown): Decoded {
  const chatId = readText(raw, 'event', 'chat_id');
  if (chatId === undefined) return malformed('chat_id');
  return {
    event: {
      type: 'joined',
      eventKey: eventKey('entered', chatId),
      place: placeOf(raw, chatId, 'direct'),
      address: address({ chatId }),
    },
  };
}

/** `im.chat.member.bot.deleted_v1` and `im.chat.disbanded_v1` */
export function decodeRemoved(raw: unknown): Decoded {
  const chatId = readText(raw, 'event', 'chat_id');
  if (chatId === undefined) return malformed('chat_id');
  return {
    event: { type: 'notice', adapter: adapterId, code: 'removed-from-chat', evidence: chatId.slice(0, 64) },
  };
}
