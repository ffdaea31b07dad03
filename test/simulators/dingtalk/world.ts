import type { Ids } from './ids.ts';
import type { SimChat, SimMessage, SimPerson, SimResource } from './world-types.ts';

export type PersonSeed = {
  readonly name: string;
  /** Of another organisation: no `staffId`, no cards in direct chats. */
  readonly external?: boolean;
  readonly admin?: boolean;
  readonly staffId?: string;
};

export type GroupSeed = {
  readonly title: string;
  readonly members?: readonly SimPerson[];
  readonly botPresent?: boolean;
};

export type NewMessage = Omit<SimMessage, 'msgId' | 'recalled'> & { readonly msgId?: string };

/** A reply address that was handed out with a message. */
export type SimSession = { readonly conversationId: string; readonly expiresMs: number };

/** What exists on the platform: people, chats, messages, files. Bounded; forgets the oldest. */
export type World = {
  readonly addPerson: (seed: PersonSeed) => SimPerson;
  readonly addGroup: (seed: GroupSeed) => SimChat;
  readonly people: () => readonly SimPerson[];
  /** By staff id, encrypted id or union id. */
  readonly person: (id: string) => SimPerson | undefined;
  readonly chats: () => readonly SimChat[];
  readonly chat: (conversationId: string) => SimChat | undefined;
  /** The direct chat with a person; made when first needed. */
  readonly directChat: (person: SimPerson) => SimChat;
  readonly addMessage: (message: NewMessage) => SimMessage;
  readonly message: (msgId: string) => SimMessage | undefined;
  readonly sent: (processQueryKey: string) => SimMessage | undefined;
  readonly messages: (conversationId: string) => readonly SimMessage[];
  readonly addResource: (resource: SimResource) => void;
  readonly resource: (downloadCode: string) => SimResource | undefined;
  readonly addSession: (session: SimSession) => string;
  readonly session: (id: string) => SimSession | undefined;
  /** Files the app uploaded, by media id. */
  readonly uploads: Map<string, Uint8Array>;
};

export function createWorld(ids: Ids, corpId: string, capacity: number): World {
  const people: SimPerson[] = [];
  const chats = new Map<string, SimChat>();
  const direct = new Map<SimPerson, SimChat>();
  const messages = new Map<string, SimMessage>();
  const byChat = new Map<string, SimMessage[]>();
  const byQueryKey = new Map<string, SimMessage>();
  const resources = new Map<string, SimResource>();
  const sessions = new Map<string, SimSession>();

  function addChat(kind: SimChat['kind'], title: string, members: readonly SimPerson[]): SimChat {
    const chat: SimChat = {
      conversationId: ids.conversationId(),
      kind,
      title,
      members: new Set(members),
      botPresent: true,
      disbanded: false,
    };
    chats.set(chat.conversationId, chat);
    return chat;
  }

  function forgetOldestMessage(): void {
    const oldest = messages.values().next().value;
    if (messages.size <= capacity || oldest === undefined) return;
    messages.delete(oldest.msgId);
    byChat.get(oldest.conversationId)?.shift();
    if (oldest.processQueryKey !== undefined) byQueryKey.delete(oldest.processQueryKey);
  }

  return {
    uploads: new Map(),
    addPerson({ name, external = false, admin = false, staffId }) {
      const person: SimPerson = {
        staffId: external ? undefined : (staffId ?? ids.staffId()),
        senderId: ids.dingtalkId(),
        unionId: ids.unionId(),
        corpId: external ? ids.dingId() : corpId,
        name,
        admin,
      };
      people.push(person);
      return person;
    },
    addGroup({ title, members = [], botPresent = true }) {
      const chat = addChat('group', title, members);
      chat.botPresent = botPresent;
      return chat;
    },
    people: () => [...people],
    person: (id) =>
      people.find(({ staffId, senderId, unionId }) => [staffId, senderId, unionId].includes(id)),
    chats: () => [...chats.values()],
    chat: (conversationId) => chats.get(conversationId),
    directChat(person) {
      const known = direct.get(person);
      if (known !== undefined) return known;
      const chat = addChat('direct', person.name, [person]);
      direct.set(person, chat);
      return chat;
    },
    addMessage(seed) {
      const message: SimMessage = { msgId: ids.msgId(), ...seed, recalled: false };
      messages.set(message.msgId, message);
      const list = byChat.get(message.conversationId) ?? [];
      byChat.set(message.conversationId, list);
      list.push(message);
      if (message.processQueryKey !== undefined) byQueryKey.set(message.processQueryKey, message);
      forgetOldestMessage();
      return message;
    },
    message: (msgId) => messages.get(msgId),
    sent: (processQueryKey) => byQueryKey.get(processQueryKey),
    messages: (conversationId) => [...(byChat.get(conversationId) ?? [])],
    addResource: (resource) => remember(resources, resource.downloadCode, resource, capacity),
    resource: (downloadCode) => resources.get(downloadCode),
    addSession(session) {
      const id = ids.hex(32);
      remember(sessions, id, session, capacity);
      return id;
    },
    session: (id) => sessions.get(id),
  };
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value, capacity: number): void {
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > capacity && oldest !== undefined) map.delete(oldest);
}
