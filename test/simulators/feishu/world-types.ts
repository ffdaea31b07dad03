import type { Card } from './card.ts';

/** A person, or a bot other than ours. */
export type SimUser = {
  readonly openId: string;
  readonly unionId: string;
  readonly userId: string;
  readonly name: string;
  readonly kind: 'person' | 'bot';
};

export type SimChat = {
  readonly chatId: string;
  /** `topic` is a group made of topics only. */
  readonly kind: 'p2p' | 'group' | 'topic';
  readonly name: string;
  /** `thread`: every new message opens a topic of its own. */
  readonly messageForm: 'chat' | 'thread';
  /** Open ids. */
  readonly members: Set<string>;
  readonly owner: string | undefined;
  botPresent: boolean;
  dissolved: boolean;
  /** Nobody but managers may speak (230035). */
  muted: boolean;
  /** Replying in a topic is allowed (else 230071). */
  threadsAllowed: boolean;
  /** The bot may mention everyone. */
  atAllAllowed: boolean;
};

/** A mention in a received message: `@_user_N` in the text, resolved by the list beside it. */
export type SimMention = { readonly key: string; readonly user: SimUser };

export type SimResource = {
  readonly key: string;
  readonly type: 'image' | 'file';
  readonly bytes: Uint8Array;
  readonly mime: string;
};

export type SimReaction = {
  readonly reactionId: string;
  readonly emojiType: string;
  readonly by: { readonly type: 'app' | 'user'; readonly id: string };
  readonly atMs: number;
};

export type SimMessage = {
  readonly messageId: string;
  readonly chatId: string;
  threadId: string | undefined;
  /** First message of the topic; unset for that message itself and outside topics. */
  topicRootId: string | undefined;
  readonly rootId: string | undefined;
  readonly parentId: string | undefined;
  /** `app`: our bot. */
  readonly sender: { readonly type: 'app' } | { readonly type: 'user'; readonly user: SimUser };
  messageType: string;
  /** JSON text as the platform would hand it out; empty for a card, which is in `card` or `legacyCard`. */
  content: string;
  readonly createdMs: number;
  updatedMs: number;
  state: 'sent' | 'recalled' | 'deleted';
  edits: number;
  readonly mentions: readonly SimMention[];
  readonly resources: ReadonlyMap<string, SimResource>;
  /** Children of a forwarded bundle. */
  readonly children: readonly SimMessage[];
  readonly upperMessageId: string | undefined;
  card: Card | undefined;
  /** A card of schema 1.0, which knows no elements of its own. */
  legacyCard: unknown;
  /** People this message really notified: open ids, or `all`. */
  readonly pings: Set<string>;
  readonly reactions: SimReaction[];
};
