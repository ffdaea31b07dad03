import { emojiTypes } from '../emoji-types.ts';
import { FeishuFault } from '../fault.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Platform } from '../platform.ts';
import { success, type Route } from '../route.ts';
import type { SimMessage, SimReaction } from '../world-types.ts';

const path = '/open-apis/im/v1/messages/:message_id/reactions';
const scopes = ['im:message', 'im:message.reactions:write_only'];

/** Adding, listing and taking back reactions. */
export function reactionRoutes(platform: Platform): readonly Route[] {
  return [
    {
      api: 'im.messageReaction.create',
      method: 'POST',
      path,
      scopes,
      handle({ params, body, arrivedMs, note }) {
        const message = reactable(params['message_id'] ?? '', platform);
        note({ messageId: message.messageId, chatId: message.chatId });
        const type = isObject(body['reaction_type']) ? body['reaction_type']['emoji_type'] : undefined;
        if (typeof type !== 'string' || !emojiTypes.has(type)) {
          throw new FeishuFault(231001, 'reaction type is invalid.');
        }
        const by = { type: 'app', id: platform.app.appId } as const;
        const reaction = { reactionId: platform.ids.hex(32), emojiType: type, by, atMs: arrivedMs };
        message.reactions.push(reaction);
        platform.changes.emit({
          type: 'message-changed',
          messageId: message.messageId,
          chatId: message.chatId,
        });
        return success(shape(reaction));
      },
    },
    {
      api: 'im.messageReaction.list',
      method: 'GET',
      path,
      scopes: ['im:message', 'im:message:readonly', 'im:message.reactions:read'],
      handle: ({ params }) =>
        success({
          items: reactable(params['message_id'] ?? '', platform).reactions.map(shape),
          has_more: false,
        }),
    },
    {
      api: 'im.messageReaction.delete',
      method: 'DELETE',
      path: `${path}/:reaction_id`,
      scopes,
      handle({ params, note }) {
        const message = reactable(params['message_id'] ?? '', platform);
        note({ messageId: message.messageId, chatId: message.chatId });
        const index = message.reactions.findIndex(({ reactionId }) => reactionId === params['reaction_id']);
        const reaction = message.reactions[index];
        if (reaction === undefined) throw new FeishuFault(231011, 'The request has an invalid reaction_id.');
        if (reaction.by.type !== 'app')
          throw new FeishuFault(231007, 'The operator has no permission to delete this reaction.');
        message.reactions.splice(index, 1);
        platform.changes.emit({
          type: 'message-changed',
          messageId: message.messageId,
          chatId: message.chatId,
        });
        return success(shape(reaction));
      },
    },
  ];
}

function reactable(messageId: string, platform: Platform): SimMessage {
  const message = platform.world.message(messageId);
  if (message?.state !== 'sent')
    throw new FeishuFault(231003, 'The message is not found, maybe not exist or deleted.');
  const chat = platform.world.chat(message.chatId);
  if (chat?.dissolved === true)
    throw new FeishuFault(232009, 'Your request specifies a chat which has already been dissolved.');
  if (chat?.botPresent !== true)
    throw new FeishuFault(231002, 'The operator has no permission to react on the specific message.');
  return message;
}

function shape({ reactionId, emojiType, by, atMs }: SimReaction): JsonObject {
  return {
    reaction_id: reactionId,
    operator: { operator_id: by.id, operator_type: by.type },
    action_time: String(atMs),
    reaction_type: { emoji_type: emojiType },
  };
}
