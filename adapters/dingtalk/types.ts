/** What the DingTalk adapter keeps in the opaque values it mints. Everything is plain JSON. */

/** The one-time address that comes with each message: answers to it need no token and no quota, for 90 minutes. */
export type DingTalkSession = {
  readonly url: string;
  /** Milliseconds since the epoch, by DingTalk's clock. */
  readonly expiresAt: number;
};

/** `Address`: a group, or a person of the organisation. */
export type DingTalkAddress = {
  readonly conversationId: string;
  readonly kind: 'direct' | 'group';
  /** The person's user id; people from outside the organisation have none. */
  readonly staffId?: string;
  /** The robot that received the message: usually the Client ID, not always. */
  readonly robotCode: string;
};

/** `ReplyTarget`: where a message came from. */
export type DingTalkReplyTarget = DingTalkAddress & { readonly session?: DingTalkSession };

/**
 * `ReplyHandle`. `card`: an AI card, with where to answer should it be lost. `unsent`: shown in no card, so it is sent
 * as Markdown once it is whole. `sent`: a message, which can no longer be changed.
 */
export type DingTalkReplyHandle =
  | {
      readonly kind: 'card';
      readonly outTrackId: string;
      /** By this a message that quotes the card names it. */
      readonly carrierId?: string;
      readonly target: DingTalkReplyTarget;
    }
  | { readonly kind: 'unsent'; readonly target: DingTalkReplyTarget; readonly key: string }
  | { readonly kind: 'sent' };

/** `MediaRef`: a picture behind a download code, which is bound to the robot that received it. */
export type DingTalkMediaRef = { readonly downloadCode: string; readonly robotCode: string };

/** `QuoteRef`: the event holds the quoted message itself, or only the key of a message of ours. */
export type DingTalkQuoteRef = {
  readonly author: 'self' | 'person';
  readonly text: string;
  readonly media: readonly DingTalkMediaRef[];
  readonly unreadable: readonly string[];
  readonly processQueryKey?: string;
};
