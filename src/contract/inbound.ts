import type {
  Address,
  AdapterId,
  ChatKey,
  EventKey,
  MediaRef,
  PersonKey,
  PlatformId,
  QuoteRef,
  ReplyTarget,
  TenantKey,
  TopicKey,
} from './ids.ts';

/** What a message holds that the bot cannot read; the person gets one sentence about it. */
export type UnreadableKind =
  'file' | 'audio' | 'video' | 'sticker' | 'forwarded' | 'card' | 'location' | 'contact' | 'other';

/** Where something happened. `topic` is set inside a topic (thread), which always has a memory of its own. */
export type Place = {
  readonly adapter: AdapterId;
  readonly platform: PlatformId;
  readonly tenant: TenantKey;
  readonly chat: ChatKey;
  /** When the event does not say which, the adapter says `group`: the stricter of the two. */
  readonly kind: 'direct' | 'group';
  readonly topic?: TopicKey;
};

/** A person (or another bot) as an event names them. Decisions use `key` only; `name` is for display. */
export type Sender = {
  readonly key: PersonKey;
  readonly name?: string;
};

export type InboundMessage = {
  readonly type: 'message';
  readonly eventKey: EventKey;
  readonly place: Place;
  readonly sender: Sender;
  /** In a direct chat always true; in a group only when this bot itself was mentioned (not `@all`). */
  readonly addressed: boolean;
  /** The platform's proof does not cover the message itself, so nobody may steer the service by it. */
  readonly forgeable?: true;
  /** The person's own typed text, without the mention of this bot; other mentions read `@name`. May be empty. */
  readonly text: string;
  /** Pictures in the order in which they stand in the message. */
  readonly media: readonly MediaRef[];
  readonly unreadable: readonly UnreadableKind[];
  readonly quote?: QuoteRef;
  /** When the person sent it, by the platform's clock. */
  readonly sentAt: Date;
  readonly replyTarget: ReplyTarget;
};

/** A press of a button. `button` is the opaque id the core had put into the snapshot. */
export type InboundAction = {
  readonly type: 'action';
  readonly eventKey: EventKey;
  readonly place: Place;
  readonly actor: Sender;
  readonly button: string;
};

/** A person took a message back; `message` is the event key that message had. */
export type InboundRecall = {
  readonly type: 'recalled';
  readonly eventKey: EventKey;
  readonly place: Place;
  readonly message: EventKey;
};

/** The bot was added to a group, or a direct chat was opened for the first time. */
export type InboundJoined = {
  readonly type: 'joined';
  readonly eventKey: EventKey;
  readonly place: Place;
  readonly address: Address;
};

/** A judgement that arrives as an event of its own rather than as a button press; `reply` is its `ReplyOpening.key`. */
export type InboundFeedback = {
  readonly type: 'feedback';
  readonly eventKey: EventKey;
  readonly place: Place;
  readonly actor: Sender;
  readonly reply: string;
  readonly verdict: 'good' | 'bad' | 'withdrawn';
};

/** Something administrators should know: not about one message, not an error of one call. */
export type InboundNotice = {
  readonly type: 'notice';
  readonly adapter: AdapterId;
  readonly code:
    'quota-exceeded' | 'pushes-exceeded' | 'displaced' | 'permission-withdrawn' | 'removed-from-chat';
  /** A few words of evidence for the log; no secrets, no message text. */
  readonly evidence: string;
};

export type InboundEvent =
  InboundMessage | InboundAction | InboundRecall | InboundJoined | InboundFeedback | InboundNotice;

/** What became of an event. Only `toast` (the one sentence shown to the presser of a button) reaches the platform. */
export type Admission = {
  readonly outcome: 'accepted' | 'duplicate' | 'ignored';
  readonly toast?: string;
};

/**
 * Where an adapter puts what it received. Resolves once the event is durably admitted (milliseconds, never after the
 * answer): only then may the platform be acknowledged. Rejects when it could not be stored: then it must not be.
 */
export type Inbox = (event: InboundEvent) => Promise<Admission>;
