import type { JsonObject } from '../feishu/json.ts';
import type { Said } from './said.ts';
import type { StreamHistory } from './stream-history.ts';

export type SimUser = {
  /** Opaque and case sensitive. */
  readonly userId: string;
  readonly name: string;
};

export type SimChat = {
  /** A group's chatid. The platform has none for the other two; theirs are ours, to tell chats apart. */
  readonly chatId: string;
  /** `single`: a person with the AI bot; `app`: a person with the self-built app. */
  readonly kind: 'single' | 'group' | 'app';
  readonly name: string;
  /** User ids; one for `single` and `app`. */
  readonly members: Set<string>;
  botPresent: boolean;
  /** Somebody wrote to the bot here: only then it may push. */
  wroteToBot: boolean;
};

/** Bytes kept under a media id, or behind an address. */
export type SimMedia = {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly fileName: string;
};

/** A bubble that is replaced as a whole until it is finished or its life is over. */
export type SimStream = {
  readonly streamId: string;
  readonly startedMs: number;
  lastMs: number;
  content: string;
  state: 'streaming' | 'finished' | 'expired';
  finishedMs: number | undefined;
  readonly history: StreamHistory;
};

export type SimCard = {
  json: JsonObject;
  /** Cards shown before, oldest first. */
  readonly earlier: JsonObject[];
};

export type SimMessage = {
  readonly messageId: string;
  readonly chatId: string;
  readonly sender: { readonly type: 'bot' } | { readonly type: 'user'; readonly user: SimUser };
  /** The platform's name: `text`, `mixed`, `stream`, `markdown`, `template_card`, `image`, … */
  readonly kind: string;
  /** Text as a person reads it; of a stream in `stream`. */
  readonly text: string;
  readonly createdMs: number;
  state: 'sent' | 'recalled';
  /** What a person said, for quotes. */
  readonly said: Said | undefined;
  /** The message this one quotes, or answers with a visible quote. */
  readonly quotedId: string | undefined;
  /** The message this is the bot's reply to, where the platform knows. */
  readonly answersId: string | undefined;
  /** WeCom cut the text at its limit without a word. */
  readonly cut: boolean;
  readonly stream: SimStream | undefined;
  card: SimCard | undefined;
  /** Pictures and files in it. */
  readonly media: SimMedia[];
  /** Set when the reply carried one: only then can people rate it. */
  readonly feedbackId: string | undefined;
};
