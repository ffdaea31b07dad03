import type { JsonObject } from './json.ts';
import type { Platform } from './platform.ts';
import type { SimMention, SimMessage, SimUser } from './world-types.ts';

/** An event as the platform means it; `create_time` and `token` depend on how and when it is pushed. */
export type FeishuEvent = {
  readonly eventId: string;
  readonly type: string;
  readonly createdMs: number;
  readonly event: JsonObject;
};

/** How ids of people appear: `user_id` only with a permission, otherwise missing, null or empty (all seen live). */
export type UserIdForm = 'present' | 'absent' | 'null' | 'empty';

/** The envelope of schema 2.0. On the long connection the token is empty. Callbacks carry microseconds. */
export function envelope(
  { eventId, type, createdMs, event }: FeishuEvent,
  platform: Platform,
  token: string,
): JsonObject {
  const { appId, tenantKey } = platform.app;
  const createTime = type === 'card.action.trigger' ? `${createdMs}000` : String(createdMs);
  return {
    schema: '2.0',
    header: {
      event_id: eventId,
      token,
      create_time: createTime,
      event_type: type,
      tenant_key: tenantKey,
      app_id: appId,
    },
    event,
  };
}

export function userIds(user: SimUser, form: UserIdForm): JsonObject {
  const userId = {
    present: { user_id: user.userId },
    absent: {},
    null: { user_id: null },
    empty: { user_id: '' },
  }[form];
  return { union_id: user.unionId, ...userId, open_id: user.openId };
}

export type MessageEventOptions = {
  readonly userIdForm: UserIdForm;
  /** Whether a message to everyone lists `@_all` among its mentions, with empty ids. */
  readonly allEntry: boolean;
};

/** The `event` of `im.message.receive_v1`. */
export function receivedMessage(
  message: SimMessage,
  platform: Platform,
  options: MessageEventOptions,
): JsonObject {
  const { tenantKey } = platform.app;
  if (message.sender.type !== 'user') throw new Error('the bot does not receive its own messages');
  const { user } = message.sender;
  const chat = platform.world.chat(message.chatId);
  const mentions = message.mentions.map((mention) => mentionEntry(mention, tenantKey, options.userIdForm));
  if (message.pings.has('all') && options.allEntry) mentions.push(allEntry(tenantKey));
  return {
    sender: {
      sender_id: userIds(user, options.userIdForm),
      sender_type: user.kind === 'bot' ? 'bot' : 'user',
      tenant_key: tenantKey,
    },
    message: {
      message_id: message.messageId,
      ...optional('root_id', message.rootId),
      ...optional('parent_id', message.parentId),
      create_time: String(message.createdMs),
      update_time: String(message.updatedMs),
      chat_id: message.chatId,
      ...optional('thread_id', message.threadId),
      chat_type: chat?.kind === 'p2p' ? 'p2p' : 'group',
      message_type: message.messageType,
      content: message.content,
      ...(mentions.length === 0 ? {} : { mentions }),
    },
  };
}

function mentionEntry({ key, user }: SimMention, tenantKey: string, form: UserIdForm): JsonObject {
  const mentionedType = user.kind === 'bot' ? 'bot' : 'user';
  return {
    key,
    id: userIds(user, form),
    mentioned_type: mentionedType,
    name: user.name,
    tenant_key: tenantKey,
  };
}

function allEntry(tenantKey: string): JsonObject {
  return {
    key: '@_all',
    id: { union_id: '', user_id: '', open_id: '' },
    name: '所有人',
    tenant_key: tenantKey,
  };
}

function optional(name: string, value: string | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}
