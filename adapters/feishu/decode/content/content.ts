import type { UnreadableKind } from '../../../../src/contract/inbound.ts';
import type { Mentions, Segment } from '../mentions.ts';

/** What one message holds, before the pieces of its text are put together. */
export type Content = {
  readonly segments: readonly Segment[];
  /** Pictures in the order in which they stand. */
  readonly imageKeys: readonly string[];
  readonly unreadable: readonly UnreadableKind[];
};

/** Reads the content string of one message kind; undefined when it has not the shape of its kind. */
export type ContentReader = (content: string, mentions: Mentions) => Content | undefined;

/** A message that is nothing but something we cannot read. */
export const unreadable = (kind: UnreadableKind): Content => ({
  segments: [],
  imageKeys: [],
  unreadable: [kind],
});
