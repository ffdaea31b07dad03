import type { Adapter, AdapterDeps, WebhookRequest } from '../../src/contract/adapter.ts';
import type { UnreadableKind } from '../../src/contract/inbound.ts';
import type { FakeClock } from '../fakes/clock.ts';

/**
 * Places a platform has for the suite: one direct chat of each person, one group (the asker's, where groups have owners),
 * and two topics inside that group.
 */
export type Where = 'direct' | 'group' | 'topic' | 'other-topic';

export type Person = 'asker' | 'colleague';

/** What a person says. In `text`, `@{bot}`, `@{everyone}` and `@{colleague}` stand for mentions. */
export type Said = {
  readonly where: Where;
  /** Default: the asker. */
  readonly from?: Person;
  readonly text?: string;
  readonly pictures?: readonly Uint8Array[];
  /** A message of this kind, in place of words and pictures. */
  readonly unreadable?: UnreadableKind;
  /** An earlier message that this one quotes. */
  readonly quote?: Sent;
};

/** A message a person has sent. */
export type Sent = { readonly id: string };

/** One reply as a person sees it. */
export type ShownReply = {
  /** Names it to the harness. */
  readonly id: string;
  /** The answer. Where a platform has but one text for everything, that text. */
  readonly text: string;
  readonly progress?: string;
  readonly notice?: string;
  readonly footer?: string;
  /** Labels, in order. */
  readonly buttons: readonly string[];
  /** Whatever is written there, in any form: tables, folded reasoning and all of the above included. */
  readonly words: string;
  /** Looks unfinished: streaming, spinning, being polled for. */
  readonly live: boolean;
  /** Whom it notified by a mention. */
  readonly pings: readonly string[];
};

/**
 * What becomes of platform calls. `unavailable`: refused with a server's error, without effect. `answer-lost`: takes
 * effect, but the answer is lost. `rate-limited`: refused as too often. `target-gone`: refused because message or chat
 * no longer exists. `no-answer`: the platform stays silent until time is over.
 */
export type Failure = 'unavailable' | 'answer-lost' | 'rate-limited' | 'target-gone' | 'no-answer';

/**
 * Which calls: the one that makes a reply visible, those that change it, the ones that end it, or simply the next,
 * whatever it is: asking for a token, downloading and connecting included.
 */
export type Step = 'open' | 'update' | 'close' | 'any';

/**
 * How this platform differs from others, as data: a behaviour that a platform cannot have is not asked of it. What
 * `Capabilities` says already is not said again.
 */
export type Traits = {
  readonly groups: boolean;
  readonly topics: boolean;
  /** Messages of a group that do not mention the bot reach it, too. */
  readonly hearsUnaddressed: boolean;
  readonly everyoneMention: boolean;
  /** How a mention of the colleague reads in a text, such as `@Bob`; undefined when the event does not tell. */
  readonly colleagueMention: string | undefined;
  /** Pictures one message can hold, and whether words can stand beside them. */
  readonly pictures: { readonly most: number; readonly withWords: boolean };
  /** What else people can send there. */
  readonly unreadable: readonly UnreadableKind[];
  readonly quotes: 'none' | 'words' | 'words-and-pictures';
  /** The platform waits for an acknowledgement, and delivers again what got none. */
  readonly redelivers: boolean;
  /** Where it tells that the bot is welcome. */
  readonly joins: readonly ('direct' | 'group')[];
  /** The bot can write to a group without answering anybody. */
  readonly writesToGroups: boolean;
  /** A reply is seen before its end: its progress line and its growing text. */
  readonly showsGrowth: boolean;
  /** One text holds the answer and everything beside it. */
  readonly oneText: boolean;
  /** The presser of a button sees the sentence the core gives back. */
  readonly toasts: boolean;
  /** A message sent twice under one key is seen once. */
  readonly sendsOnce: boolean;
  /** What the harness can do to platform calls. */
  readonly failures: readonly Failure[];
  /** The wait a `rate-limited` answer asks for, in milliseconds; undefined when this platform names none. */
  readonly retryAfterMs: number | undefined;
  /** Wrong credentials are noticed. */
  readonly checksCredentials: boolean;
  /** Markup that notifies people, or calls everyone, when it reaches the platform unchanged. */
  readonly mentionMarkup: readonly string[];
};

/** A genuine request as the platform sent it, with the path it was sent to. */
export type ReceivedRequest = { readonly path: string; readonly request: WebhookRequest };

/** One platform, fresh, behind the same few actions for every adapter. */
export type Harness = {
  readonly traits: Traits;
  /** What must never appear in an error or in the log. */
  readonly secrets: readonly string[];
  /** An adapter of its own (a process of its own) for the one platform; not started. */
  createAdapter(deps: AdapterDeps, credentials?: 'right' | 'wrong'): Promise<Adapter>;
  /** Whether what is said now reaches this adapter. */
  reachable(adapter: Adapter): boolean;
  say(said: Said): Sent;
  /** Whether the platform takes the first delivery for received; undefined while that is open. */
  acknowledged(sent: Sent): boolean | undefined;
  /** Delivers it once more, whatever became of it. */
  redeliver(sent: Sent): void;
  /** How long after a failed delivery the platform delivers again, in milliseconds, with a little to spare. */
  readonly redeliveryMs: number;
  recall(sent: Sent): void;
  /** The bot is added to the group, or the asker opens the direct chat for the first time. */
  join(where: 'direct' | 'group'): void;
  /** Resolves with the sentence the presser sees, if any. */
  press(reply: ShownReply, label: string, by: Person): Promise<string | undefined>;
  fail(failure: Failure, step: Step, times: number): void;
  /** Whatever `fail` did is over. */
  mend(): void;
  /** What the bot has said in a place, oldest first; for platforms that poll, as the next poll shows it. */
  replies(where: Where): Promise<readonly ShownReply[]>;
  /** Calls the platform has received so far. */
  calls(): number;
  /** Calls it refused by its own rules, not because `fail` said so; in words for the test's report. */
  refused(): readonly string[];
  /** Genuine webhook requests so far; empty where events come another way. */
  received(): readonly ReceivedRequest[];
  /** Requests made from a genuine one that nobody without the platform's secrets, or not now, may send. */
  forge(genuine: ReceivedRequest): readonly { readonly how: string; readonly forged: ReceivedRequest }[];
  /** Ends the platform. Adapters are stopped by the suite, before. */
  stop(): Promise<void>;
};

/** Time for the platform and all adapters is one clock that stands still until the suite moves it. */
export type CreateHarness = (surroundings: { readonly clock: FakeClock }) => Promise<Harness>;
