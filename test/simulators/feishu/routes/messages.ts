import { FeishuFault, fieldFault } from '../fault.ts';
import { messageShape } from '../message-shape.ts';
import { checkContent } from '../outgoing-content.ts';
import type { Platform } from '../platform.ts';
import { requiredString, success, type ApiAnswer, type ApiRequest, type Route } from '../route.ts';
import { checkMaySpeak, createSendKeys, sendAsBot, type SendKeys } from '../sending.ts';
import { placeNew, placeReply, type Placement } from '../topics.ts';
import { chatWithBot, livingMessage } from '../world.ts';
import type { SimChat, SimMessage } from '../world-types.ts';

const root = '/open-apis/im/v1/messages';
const sendScopes = ['im:message', 'im:message:send_as_bot'];
const readScopes = ['im:message', 'im:message:readonly', 'im:message.history:readonly'];
const maxContentCharacters = 1_000_000;

/** Create, reply, get and recall messages. */
export function messageRoutes(platform: Platform): readonly Route[] {
  const keys = createSendKeys();
  return [
    {
      api: 'im.message.create',
      method: 'POST',
      path: root,
      scopes: sendScopes,
      handle(request) {
        const chat = receiver(request, platform);
        return send(request, chat, () => placeNew(chat, platform.ids), keys, platform);
      },
    },
    {
      api: 'im.message.reply',
      method: 'POST',
      path: `${root}/:message_id/reply`,
      scopes: sendScopes,
      handle(request) {
        const parent = livingMessage(platform.world, request.params['message_id'] ?? '');
        const chat = chatWithBot(platform.world, parent.chatId);
        const inThread = request.body['reply_in_thread'] === true;
        if (inThread && !chat.threadsAllowed) {
          throw new FeishuFault(
            230071,
            'The group to which the message belongs does not support reply in thread.',
          );
        }
        return send(request, chat, () => placeReply(parent, inThread, platform.ids), keys, platform);
      },
    },
    {
      api: 'im.message.get',
      method: 'GET',
      path: `${root}/:message_id`,
      scopes: readScopes,
      handle({ params, query, note }) {
        const message = existing(params['message_id'] ?? '', platform);
        chatWithBot(platform.world, message.chatId);
        note({ messageId: message.messageId, chatId: message.chatId });
        const rawCard = query.get('card_msg_content_type') === 'user_card_content';
        const items = [message, ...message.children].map((item) => messageShape(item, platform, rawCard));
        return success({ items });
      },
    },
    {
      api: 'im.message.delete',
      method: 'DELETE',
      path: `${root}/:message_id`,
      scopes: [...sendScopes, 'im:message:recall'],
      handle({ params, note, arrivedMs }) {
        const message = livingMessage(platform.world, params['message_id'] ?? '');
        if (message.sender.type !== 'app')
          throw new FeishuFault(230026, 'No permission to recall this message.');
        message.state = 'recalled';
        message.updatedMs = arrivedMs;
        note({ messageId: message.messageId, chatId: message.chatId });
        platform.changes.emit({
          type: 'message-changed',
          messageId: message.messageId,
          chatId: message.chatId,
        });
        return success();
      },
    },
  ];
}

function existing(messageId: string, platform: Platform): SimMessage {
  return platform.world.message(messageId) ?? livingMessage(platform.world, messageId);
}

function receiver({ query, body }: ApiRequest, platform: Platform): SimChat {
  const type = query.get('receive_id_type');
  const id = requiredString(body, 'receive_id', 256);
  if (type === 'chat_id') return chatWithBot(platform.world, id);
  if (type !== 'open_id' && type !== 'user_id' && type !== 'union_id') {
    throw fieldFault('receive_id_type', 'is not one of open_id, user_id, union_id, email, chat_id');
  }
  const user = platform.world.user(id);
  if (user === undefined) throw new FeishuFault(230034, 'The receive_id is invalid.');
  return chatWithBot(platform.world, platform.world.directChat(user).chatId);
}

function send(
  request: ApiRequest,
  chat: SimChat,
  place: () => Placement,
  keys: SendKeys,
  platform: Platform,
): ApiAnswer {
  const { body, arrivedMs, note } = request;
  note({ chatId: chat.chatId });
  const messageType = requiredString(body, 'msg_type', 50);
  const content = requiredString(body, 'content', maxContentCharacters);
  const uuid = body['uuid'] === undefined ? undefined : requiredString(body, 'uuid', 50);
  platform.limits.chat(chat.chatId, arrivedMs);
  const repeated = keys.find(uuid, arrivedMs);
  if (repeated !== undefined) {
    if (platform.rules.repeatedUuid === 'being-sent')
      throw new FeishuFault(230049, 'The message is being sent.');
    note({ messageId: repeated.messageId });
    return success(messageShape(repeated, platform, true));
  }
  checkMaySpeak(chat);
  const outgoing = checkContent(messageType, content, chat, platform);
  const message = sendAsBot({ chat, placement: place(), messageType, outgoing }, platform);
  keys.remember(uuid, message, arrivedMs);
  note({
    messageId: message.messageId,
    ...(message.card?.cardId === undefined ? {} : { cardId: message.card.cardId }),
  });
  return success(messageShape(message, platform, true));
}
