import type { Card } from './card.ts';
import { FeishuFault } from './fault.ts';
import type { Ids } from './ids.ts';
import type { SimChat, SimMessage, SimResource, SimUser } from './world-types.ts';

/** What exists on the platform: people, chats, messages, uploaded images, card entities. Bounded; forgets the oldest. */
export type World = {
  readonly addUser: (user: { name: string; kind?: SimUser['kind'] }) => SimUser;
  readonly addChat: (chat: ChatSeed) => SimChat;
  readonly users: () => readonly SimUser[];
  readonly chats: () => readonly SimChat[];
  /** By open id, user id or union id. */
  readonly user: (id: string) => SimUser | undefined;
  readonly chat: (chatId: string) => SimChat | undefined;
  /** The direct chat with a person; made when first needed. */
  readonly directChat: (user: SimUser) => SimChat;
  readonly addMessage: (message: NewMessage) => SimMessage;
  readonly message: (messageId: string) => SimMessage | undefined;
  readonly messages: (chatId: string) => readonly SimMessage[];
  /** Images this app uploaded. */
  readonly uploads: ReadonlyMap<string, SimResource>;
  readonly addUpload: (upload: SimResource) => void;
  readonly cards: ReadonlyMap<string, Card>;
  readonly addCard: (cardId: string, card: Card) => void;
};

export type ChatSeed = {
  readonly name: string;
  readonly kind?: SimChat['kind'];
  readonly messageForm?: SimChat['messageForm'];
  readonly members?: readonly SimUser[];
  readonly owner?: SimUser;
  readonly botPresent?: boolean;
  readonly atAllAllowed?: boolean;
  readonly threadsAllowed?: boolean;
};

type Optional =
  | 'threadId'
  | 'topicRootId'
  | 'rootId'
  | 'parentId'
  | 'mentions'
  | 'resources'
  | 'children'
  | 'upperMessageId';
export type NewMessage = Pick<SimMessage, 'chatId' | 'sender' | 'messageType' | 'content' | 'createdMs'> &
  Partial<Pick<SimMessage, Optional | 'card' | 'legacyCard' | 'messageId'>>;

export function createWorld(ids: Ids, capacity: number): World {
  const users = new Map<string, SimUser>();
  const chats = new Map<string, SimChat>();
  const direct = new Map<string, SimChat>();
  const messages = new Map<string, SimMessage>();
  const byChat = new Map<string, SimMessage[]>();
  const uploads = new Map<string, SimResource>();
  const cards = new Map<string, Card>();

  function addChat(seed: ChatSeed): SimChat {
    const kind = seed.kind ?? 'group';
    const chat: SimChat = {
      chatId: ids.prefixed('oc_'),
      kind,
      name: seed.name,
      messageForm: seed.messageForm ?? (kind === 'topic' ? 'thread' : 'chat'),
      members: new Set(seed.members?.map(({ openId }) => openId)),
      owner: seed.owner?.openId ?? seed.members?.[0]?.openId,
      botPresent: seed.botPresent ?? true,
      dissolved: false,
      muted: false,
      threadsAllowed: seed.threadsAllowed ?? true,
      atAllAllowed: seed.atAllAllowed ?? true,
    };
    chats.set(chat.chatId, chat);
    return chat;
  }

  function forgetOldest(): void {
    if (messages.size <= capacity) return;
    const oldest = messages.values().next().value;
    if (oldest === undefined) return;
    messages.delete(oldest.messageId);
    byChat.get(oldest.chatId)?.shift();
    if (oldest.card?.cardId !== undefined) cards.delete(oldest.card.cardId);
  }

  return {
    uploads,
    addUpload: (upload) => remember(uploads, upload.key, upload, capacity),
    cards,
    addCard: (cardId, card) => remember(cards, cardId, card, capacity),
    addUser({ name, kind = 'person' }) {
      const user: SimUser = {
        openId: ids.prefixed('ou_'),
        unionId: ids.prefixed('on_'),
        userId: ids.hex(8),
        name,
        kind,
      };
      for (const id of [user.openId, user.unionId, user.userId]) users.set(id, user);
      return user;
    },
    addChat,
    users: () => [...new Set(users.values())],
    chats: () => [...chats.values()],
    user: (id) => users.get(id),
    chat: (chatId) => chats.get(chatId),
    directChat(user) {
      const existing = direct.get(user.openId);
      if (existing !== undefined) return existing;
      const chat = addChat({ name: user.name, kind: 'p2p', members: [user] });
      direct.set(user.openId, chat);
      return chat;
    },
    addMessage(message) {
      const added = completeMessage(message, ids);
      messages.set(added.messageId, added);
      const inChat = byChat.get(added.chatId) ?? [];
      inChat.push(added);
      byChat.set(added.chatId, inChat);
      forgetOldest();
      return added;
    },
    message: (messageId) => messages.get(messageId),
    messages: (chatId) => [...(byChat.get(chatId) ?? [])],
  };
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value, capacity: number): void {
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > capacity && oldest !== undefined) map.delete(oldest);
}

/** Fills in what a plain message does not have. */
export function completeMessage(message: NewMessage, ids: Ids): SimMessage {
  return {
    messageId: ids.prefixed('om_'),
    threadId: undefined,
    topicRootId: undefined,
    rootId: undefined,
    parentId: undefined,
    mentions: [],
    resources: new Map(),
    children: [],
    upperMessageId: undefined,
    card: undefined,
    legacyCard: undefined,
    ...message,
    updatedMs: message.createdMs,
    state: 'sent',
    edits: 0,
    pings: new Set(),
    reactions: [],
  };
}

/** The message, or the documented refusal: unknown 230001, recalled 230011, deleted 230110. */
export function livingMessage(world: World, messageId: string): SimMessage {
  const message = world.message(messageId);
  if (message === undefined)
    throw new FeishuFault(
      230001,
      'Your request contains an invalid request parameter, ext=message not found',
    );
  if (message.state === 'recalled') throw new FeishuFault(230011, 'The message is recalled.');
  if (message.state === 'deleted')
    throw new FeishuFault(230110, 'Action unavailable as the message has been deleted.');
  return message;
}

/** The chat of a message when the bot is in it, or the documented refusal: 230002, 232009. */
export function chatWithBot(world: World, chatId: string): SimChat {
  const chat = world.chat(chatId);
  if (chat === undefined)
    throw new FeishuFault(230001, 'Your request contains an invalid request parameter, ext=invalid chat_id');
  if (chat.dissolved)
    throw new FeishuFault(232009, 'Your request specifies a chat which has already been dissolved.');
  if (!chat.botPresent) throw new FeishuFault(230002, 'The bot can not be outside the group.');
  return chat;
}
