import { FeishuFault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import type { Platform } from '../platform.ts';
import { success, type Route } from '../route.ts';
import type { SimChat } from '../world-types.ts';

/** What a chat is: mode, message form, owner. */
export function chatRoutes(platform: Platform): readonly Route[] {
  return [
    {
      api: 'im.chat.get',
      method: 'GET',
      path: '/open-apis/im/v1/chats/:chat_id',
      scopes: ['im:chat', 'im:chat:readonly', 'im:chat:read', 'im:chat.group_info:readonly'],
      handle({ params, note }) {
        const chat = platform.world.chat(params['chat_id'] ?? '');
        if (chat === undefined)
          throw new FeishuFault(232006, 'Your request specifies a chat_id which is invalid.');
        if (chat.dissolved)
          throw new FeishuFault(232009, 'Your request specifies a chat which has already been dissolved.');
        if (!chat.botPresent) throw new FeishuFault(232011, 'Operator can NOT be out of the chat.');
        note({ chatId: chat.chatId });
        return success(shape(chat, platform));
      },
    },
  ];
}

function shape(chat: SimChat, platform: Platform): JsonObject {
  return {
    avatar: '',
    name: chat.name,
    description: '',
    ...(chat.owner === undefined ? {} : { owner_id_type: 'open_id', owner_id: chat.owner }),
    at_all_permission: chat.atAllAllowed ? 'all_members' : 'only_owner',
    chat_mode: chat.kind,
    ...(chat.kind === 'p2p' ? {} : { group_message_type: chat.messageForm }),
    chat_type: 'private',
    chat_tag: 'inner',
    moderation_permission: chat.muted ? 'only_owner' : 'all_members',
    external: false,
    tenant_key: platform.app.tenantKey,
    user_count: String(chat.members.size),
    bot_count: '1',
    chat_status: 'normal',
  };
}
