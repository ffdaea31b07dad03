import { showCard, showMessage } from '../bubbles.ts';
import { WeComFault } from '../fault.ts';
import type { Platform } from '../platform.ts';
import { cardReply, markdownReply, mediaReply } from '../reply-content.ts';
import type { SimChat } from '../world-types.ts';
import type { Command } from './connection.ts';

/** `aibot_send_msg`: into a chat in which somebody has written to the bot. */
export function pushMessage({ body, note }: Command, platform: Platform): undefined {
  const chat = chatOf(body['chatid'], body['chat_type'], platform);
  note({ chatId: chat.chatId });
  if (!chat.wroteToBot) throw new WeComFault(platform.rules.strangerCode, 'invalid chatid');
  const type = body['msgtype'];
  const count = (): void => platform.quotas.chat(chat.chatId, platform.now());
  switch (type) {
    case 'markdown': {
      const { content, feedbackId } = markdownReply(body, platform);
      note({ contentBytes: Buffer.byteLength(content) });
      count();
      showMessage(chat, { kind: type, text: content, feedbackId }, platform);
      return;
    }
    case 'template_card': {
      const card = cardReply(body);
      count();
      showCard(chat, card, undefined, platform);
      return;
    }
    case 'image':
    case 'file':
    case 'voice':
    case 'video': {
      const media = mediaReply(body, type, platform);
      count();
      showMessage(chat, { kind: type, media: [media] }, platform);
      return;
    }
    default:
      throw new WeComFault(40008, 'invalid message type');
  }
}

/** A group by its chatid, a direct chat by the person's userid; both with their exact case. */
function chatOf(chatId: unknown, chatType: unknown, { world }: Platform): SimChat {
  const user = typeof chatId === 'string' ? world.user(chatId) : undefined;
  const group = typeof chatId === 'string' ? world.chat(chatId) : undefined;
  const direct = chatType === 2 || user === undefined ? undefined : world.directChat(user);
  const chat = direct ?? (group?.kind === 'group' && chatType !== 1 ? group : undefined);
  if (chat?.botPresent !== true) throw new WeComFault(93006, 'invalid chatid');
  return chat;
}
