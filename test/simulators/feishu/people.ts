import { receivedMessage, userIds, type FeishuEvent, type UserIdForm } from './events.ts';
import type { JsonObject } from './json.ts';
import type { Platform } from './platform.ts';
import type { Delivery, Pusher, PushOptions } from './push.ts';
import { receivedContent, type ReceivedContent, type Said } from './said.ts';
import { placeNew, placeReply } from './topics.ts';
import { completeMessage } from './world.ts';
import type { SimChat, SimMessage, SimReaction, SimUser } from './world-types.ts';

/** How a message is handed to the bot. */
export type SayOptions = {
  readonly chat: SimChat;
  readonly from: SimUser;
  readonly said: Said;
  /** Quotes this message. */
  readonly replyTo?: SimMessage;
  /** Makes `replyTo` the beginning of a topic. */
  readonly inThread?: boolean;
  /** When it was sent, if not now: for stale and out-of-order events. */
  readonly sentMs?: number;
  /** `auto` (default) pushes what the platform would push; `never` only puts it into the chat. */
  readonly push?: 'auto' | 'always' | 'never';
  /** Deliveries of the same event (same event id), one after the other. */
  readonly copies?: number;
  /** Form of `user_id` in the event; default present. */
  readonly userIdForm?: UserIdForm;
  /** Whether `@{all}` gets an entry among the mentions; default no, as seen live. */
  readonly allEntry?: boolean;
} & Pick<PushOptions, 'chunks' | 'connection'>;

export type SaidMessage = { readonly message: SimMessage; readonly deliveries: readonly Promise<Delivery>[] };

/** What people do in the chats, and the events that follow. Every method acts at once; the promises are the pushes. */
export type People = {
  say(options: SayOptions): SaidMessage;
  /** Pushes the event of a message again, with the same or a new event id. */
  redeliver(
    message: SimMessage,
    options?: PushOptions & { readonly newEventId?: boolean },
  ): Promise<Delivery>;
  recall(message: SimMessage): Promise<Delivery>;
  addBot(chat: SimChat, by: SimUser): Promise<Delivery>;
  removeBot(chat: SimChat, by: SimUser): Promise<Delivery>;
  enterDirectChat(user: SimUser): Promise<Delivery>;
  react(message: SimMessage, by: SimUser, emojiType: string): Promise<Delivery>;
  unreact(message: SimMessage, reaction: SimReaction): Promise<Delivery>;
  read(messages: readonly SimMessage[], by: SimUser): Promise<Delivery>;
  /** Any other event. */
  event(type: string, event: JsonObject, options?: PushOptions): Promise<Delivery>;
};

const rememberedEvents = 20_000;

export function createPeople(platform: Platform, pusher: Pusher): People {
  const { ids, world } = platform;
  const events = new Map<string, FeishuEvent>();

  const newEvent = (type: string, event: JsonObject, createdMs = platform.now()): FeishuEvent => ({
    eventId: ids.hex(32),
    type,
    createdMs,
    event,
  });
  const announce = ({ messageId, chatId }: SimMessage, type: 'message-created' | 'message-changed'): void =>
    platform.changes.emit({ type, messageId, chatId });

  function remember(message: SimMessage, event: FeishuEvent): void {
    events.set(message.messageId, event);
    const oldest = events.keys().next().value;
    if (events.size > rememberedEvents && oldest !== undefined) events.delete(oldest);
  }

  function membership(type: string, chat: SimChat, by: SimUser): Promise<Delivery> {
    return pusher.deliver(
      newEvent(type, {
        chat_id: chat.chatId,
        operator_id: userIds(by, 'present'),
        external: false,
        operator_tenant_key: platform.app.tenantKey,
        name: chat.name,
        i18n_names: { zh_cn: chat.name },
      }),
    );
  }

  // Reaction events carry neither chat nor reaction id.
  function reaction(
    type: string,
    message: SimMessage,
    { by, emojiType, atMs }: SimReaction,
  ): Promise<Delivery> {
    const user = world.user(by.id);
    return pusher.deliver(
      newEvent(type, {
        message_id: message.messageId,
        reaction_type: { emoji_type: emojiType },
        operator_type: by.type,
        ...(user === undefined ? { app_id: by.id } : { user_id: userIds(user, 'present') }),
        action_time: String(atMs),
      }),
    );
  }

  return {
    say(options) {
      const content = receivedContent(options.said, platform);
      const message = putIntoChat(options, content, platform);
      announce(message, 'message-created');
      const { userIdForm = 'present', allEntry = false } = options;
      const event = newEvent(
        'im.message.receive_v1',
        receivedMessage(message, platform, { userIdForm, allEntry }),
        message.createdMs,
      );
      remember(message, event);
      const pushed =
        options.push === 'always' || (options.push !== 'never' && isPushed(message, content, platform));
      const push: PushOptions = { ...pick(options), messageId: message.messageId };
      const copies = pushed ? (options.copies ?? 1) : 0;
      return { message, deliveries: Array.from({ length: copies }, () => pusher.deliver(event, push)) };
    },
    redeliver(message, { newEventId = false, ...push } = {}) {
      const event = events.get(message.messageId);
      if (event === undefined) throw new Error('no event is remembered for this message');
      const again = newEventId ? { ...event, eventId: ids.hex(32) } : event;
      return pusher.deliver(again, { ...push, messageId: message.messageId });
    },
    recall(message) {
      message.state = 'recalled';
      message.updatedMs = platform.now();
      announce(message, 'message-changed');
      const { messageId, chatId, updatedMs } = message;
      return pusher.deliver(
        newEvent('im.message.recalled_v1', {
          message_id: messageId,
          chat_id: chatId,
          recall_time: String(updatedMs),
          recall_type: 'message_owner',
        }),
      );
    },
    addBot(chat, by) {
      chat.botPresent = true;
      return membership('im.chat.member.bot.added_v1', chat, by);
    },
    removeBot(chat, by) {
      chat.botPresent = false;
      return membership('im.chat.member.bot.deleted_v1', chat, by);
    },
    enterDirectChat(user) {
      const chat = world.directChat(user);
      const last = world.messages(chat.chatId).at(-1);
      return pusher.deliver(
        newEvent('im.chat.access_event.bot_p2p_chat_entered_v1', {
          chat_id: chat.chatId,
          operator_id: userIds(user, 'present'),
          last_message_id: last?.messageId ?? '',
          last_message_create_time: last === undefined ? '' : String(last.createdMs),
        }),
      );
    },
    react(message, by, emojiType) {
      const added: SimReaction = {
        reactionId: ids.hex(32),
        emojiType,
        by: { type: 'user', id: by.openId },
        atMs: platform.now(),
      };
      message.reactions.push(added);
      announce(message, 'message-changed');
      return reaction('im.message.reaction.created_v1', message, added);
    },
    unreact(message, removed) {
      message.reactions.splice(
        message.reactions.indexOf(removed),
        message.reactions.includes(removed) ? 1 : 0,
      );
      announce(message, 'message-changed');
      return reaction('im.message.reaction.deleted_v1', message, { ...removed, atMs: platform.now() });
    },
    read(messages, by) {
      const reader = {
        reader_id: userIds(by, 'present'),
        read_time: String(platform.now()),
        tenant_key: platform.app.tenantKey,
      };
      const list = messages.map(({ messageId }) => messageId);
      return pusher.deliver(newEvent('im.message.message_read_v1', { reader, message_id_list: list }));
    },
    event: (type, event, options) => pusher.deliver(newEvent(type, event), options),
  };
}

function pick({ chunks, connection }: SayOptions): PushOptions {
  return { ...(chunks === undefined ? {} : { chunks }), ...(connection === undefined ? {} : { connection }) };
}

function putIntoChat(options: SayOptions, content: ReceivedContent, platform: Platform): SimMessage {
  const { chat, from, said, replyTo, inThread = false } = options;
  const { ids, world } = platform;
  const placement = replyTo === undefined ? placeNew(chat, ids) : placeReply(replyTo, inThread, ids);
  const message = world.addMessage({
    chatId: chat.chatId,
    sender: { type: 'user', user: from },
    messageType: content.messageType,
    content: content.content,
    createdMs: options.sentMs ?? platform.now(),
    mentions: content.mentions,
    resources: content.resources,
    ...placement,
    ...(said.kind === 'merge_forward' ? bundle(said.children, ids) : {}),
  });
  if (content.all) message.pings.add('all');
  content.mentions.forEach(({ user }) => message.pings.add(user.openId));
  return message;
}

/** Copies of the forwarded messages, beneath the bundle's own id. */
function bundle(
  children: readonly SimMessage[],
  ids: Platform['ids'],
): Pick<SimMessage, 'messageId' | 'children'> {
  const messageId = ids.prefixed('om_');
  const copies = children.map((child) =>
    Object.assign(completeMessage(child, ids), { messageId: ids.prefixed('om_'), upperMessageId: messageId }),
  );
  return { messageId, children: copies };
}

/** Direct messages always; of a group what mentions the bot or everyone, or all with the sensitive permission. */
function isPushed(message: SimMessage, content: ReceivedContent, platform: Platform): boolean {
  const { rules, bot, world } = platform;
  const chat = world.chat(message.chatId);
  if (chat?.botPresent !== true || message.sender.type !== 'user') return false;
  if (message.sender.user.kind === 'bot' && !rules.otherBotsMessages) return false;
  if (chat.kind === 'p2p' || rules.groupMessages === 'all') return true;
  return content.all || content.mentions.some(({ user }) => user.openId === bot.openId);
}
