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
  readonly text: string;
  readonly media: readonly MediaRef[];
  readonly unreadable: readonly UnreadableKind[];
};
