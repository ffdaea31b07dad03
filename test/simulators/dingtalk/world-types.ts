import type { Card } from './card.ts';
import type { JsonObject } from '../feishu/json.ts';

export type SimPerson = {
  /** The organisation's user id; external people have none. */
  readonly staffId: string | undefined;
  /** Encrypted id, `$:LWCP_v1:$…`; also `dingtalkId` in lists of mentions. */
  readonly senderId: string;
  readonly unionId: string;
  readonly corpId: string;
  readonly name: string;
  readonly admin: boolean;
};

export type SimChat = {
  /** Begins with `cid` for groups and direct chats alike. */
  readonly conversationId: string;
  readonly kind: 'direct' | 'group';
  readonly title: string;
  readonly members: Set<SimPerson>;
  botPresent: boolean;
  disbanded: boolean;
};

/** Bytes behind a download code. */
export type SimResource = {
  readonly downloadCode: string;
  readonly bytes: Uint8Array;
  readonly expiresMs: number;
};

/** How a message of our bot came into the chat. */
export type BotRoute = 'card' | 'robot-api' | 'session-webhook' | 'callback-answer';

export type SimMessage = {
  readonly msgId: string;
  readonly conversationId: string;
  readonly from:
    | { readonly kind: 'bot'; readonly via: BotRoute }
    | { readonly kind: 'person'; readonly person: SimPerson };
  /** `text`, `markdown`, `picture`, `richText`, `interactiveCard`, … */
  readonly msgtype: string;
  /** What a reader sees, Markdown included; empty for cards and files. */
  readonly text: string;
  readonly title: string | undefined;
  /** The parameters it was sent with, or the content it arrives with at the bot. */
  readonly content: JsonObject;
  readonly createdMs: number;
  readonly resources: readonly SimResource[];
  /** Also `carrierId` of a card; undefined for people's messages. */
  readonly processQueryKey: string | undefined;
  readonly card: Card | undefined;
  /** User ids this message really notified, or `all`. */
  readonly pings: ReadonlySet<string>;
  recalled: boolean;
};
