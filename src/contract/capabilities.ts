import type { CallLimit } from './budget.ts';

/** What a platform can do and how often, as data: the core never asks which platform it is. */
export type Capabilities = {
  /** `live`: a reply can be edited while it grows. `polled`: the platform asks for it. `final-only`: sent once, whole. */
  readonly updates: 'live' | 'polled' | 'final-only';
  /** Shortest time between two live edits of one reply, in milliseconds. */
  readonly updateIntervalMs: number;
  readonly callLimits: readonly CallLimit[];
  /** The tenant's calls in a calendar month; undefined means unlimited. */
  readonly monthlyCalls: number | undefined;
  /** How large the rendered text of one reply may be, and how it is measured: plain UTF-8, or escaped as a JSON string. */
  readonly maxReplyBytes: number;
  readonly replySize: 'utf8' | 'json';
  /** How long one reply can be edited, in milliseconds; after that a further reply is opened. */
  readonly maxReplyAgeMs: number;
  /** Only one process at a time can be connected; a second one would throw the first out. */
  readonly oneConnection: boolean;
  readonly buttons: boolean;
  readonly recallEvents: boolean;
  /** Whether `Adapter.ownerOf` can be asked. */
  readonly groupOwnerLookup: boolean;
  /** Whether the bot may write to a person who has not just written to it. */
  readonly unsolicitedDirectMessages: boolean;
};
