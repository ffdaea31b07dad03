import type { MediaRef } from './ids.ts';
import type { UnreadableKind } from './inbound.ts';

/** Bytes as they arrive; the reader counts them and stops at its cap. `declaredBytes` is what the platform claims. */
export type MediaBody = {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly declaredBytes?: number;
};

export type QuotedMessage = {
  /** `self`: this bot's own earlier message. */
  readonly author: 'self' | 'person' | 'other-bot';
  readonly name?: string;
  /**
   * For `self`: an id that stands in the reply's handle, by which the core finds the whole answer where the platform
   * gives back less than was shown.
   */
  readonly replyId?: string;
  readonly text: string;
  readonly media: readonly MediaRef[];
  readonly unreadable: readonly UnreadableKind[];
};
