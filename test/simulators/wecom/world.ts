import { rememberIn } from './bounded-map.ts';
import type { Ids } from './ids.ts';
import type { SimChat, SimMedia, SimMessage, SimUser } from './world-types.ts';

/** What exists in the corporation: people, chats, messages, media. Bounded; forgets the oldest. */
export type World = {
  readonly addUser: (user: { readonly name: string; readonly userId?: string }) => SimUser;
  readonly addGroup: (group: GroupSeed) => SimChat;
  readonly users: () => readonly SimUser[];
  readonly chats: () => readonly SimChat[];
  readonly user: (userId: string) => SimUser | undefined;
  readonly chat: (chatId: string) => SimChat | undefined;
  /** A person's chat with the AI bot; made when first needed. */
  readonly directChat: (user: SimUser) => SimChat;
  /** A person's chat with the self-built app; made when first needed. */
  readonly appChat: (user: SimUser) => SimChat;
  readonly addMessage: (message: NewMessage) => SimMessage;
  readonly message: (messageId: string) => SimMessage | undefined;
  readonly messages: (chatId: string) => readonly SimMessage[];
  /** Stores bytes under a new media id. */
  readonly addMedia: (media: SimMedia, nowMs: number) => string;
  /** Undefined when unknown or older than `lifeMs`. */
  readonly media: (mediaId: string, nowMs: number, lifeMs: number) => SimMedia | undefined;
};

export type GroupSeed = {
  readonly name: string;
  readonly members?: readonly SimUser[];
  readonly botPresent?: boolean;
  readonly chatId?: string;
};

export type NewMessage = Pick<SimMessage, 'messageId' | 'chatId' | 'sender' | 'kind' | 'createdMs'> &
  Partial<
    Pick<
      SimMessage,
      'text' | 'said' | 'quotedId' | 'answersId' | 'cut' | 'stream' | 'card' | 'media' | 'feedbackId'
    >
  >;

const rememberedMedia = 1000;

export function createWorld(ids: Ids, capacity: number): World {
  const users = new Map<string, SimUser>();
  const chats = new Map<string, SimChat>();
  const messages = new Map<string, SimMessage>();
  const byChat = new Map<string, SimMessage[]>();
  const media = new Map<string, { readonly media: SimMedia; readonly createdMs: number }>();

  function addChat(chat: Omit<SimChat, 'wroteToBot'>): SimChat {
    const added = { ...chat, wroteToBot: false };
    chats.set(chat.chatId, added);
    return added;
  }

  function chatOf(user: SimUser, kind: 'single' | 'app'): SimChat {
    const chatId = `${kind}:${user.userId}`;
    const members = new Set([user.userId]);
    return chats.get(chatId) ?? addChat({ chatId, kind, name: user.name, members, botPresent: true });
  }

  function forgetOldest(): void {
    const oldest = messages.size > capacity ? messages.values().next().value : undefined;
    if (oldest === undefined) return;
    messages.delete(oldest.messageId);
    byChat.get(oldest.chatId)?.shift();
  }

  return {
    addUser({ name, userId = ids.word(12) }) {
      const user: SimUser = { userId, name };
      users.set(userId, user);
      return user;
    },
    addGroup({ name, members = [], botPresent = true, chatId = ids.chatId() }) {
      const userIds = new Set(members.map(({ userId }) => userId));
      return addChat({ chatId, kind: 'group', name, members: userIds, botPresent });
    },
    users: () => [...users.values()],
    chats: () => [...chats.values()],
    user: (userId) => users.get(userId),
    chat: (chatId) => chats.get(chatId),
    directChat: (user) => chatOf(user, 'single'),
    appChat: (user) => chatOf(user, 'app'),
    addMessage(message) {
      const added = completeMessage(message);
      messages.set(added.messageId, added);
      const inChat = byChat.get(added.chatId) ?? [];
      inChat.push(added);
      byChat.set(added.chatId, inChat);
      forgetOldest();
      return added;
    },
    message: (messageId) => messages.get(messageId),
    messages: (chatId) => [...(byChat.get(chatId) ?? [])],
    addMedia(added, nowMs) {
      const mediaId = ids.word(64);
      rememberIn(media, mediaId, { media: added, createdMs: nowMs }, rememberedMedia);
      return mediaId;
    },
    media(mediaId, nowMs, lifeMs) {
      const found = media.get(mediaId);
      return found === undefined || nowMs - found.createdMs >= lifeMs ? undefined : found.media;
    },
  };
}

function completeMessage(message: NewMessage): SimMessage {
  return {
    text: '',
    said: undefined,
    quotedId: undefined,
    answersId: undefined,
    cut: false,
    stream: undefined,
    card: undefined,
    media: [],
    feedbackId: undefined,
    ...message,
    state: 'sent',
  };
}
