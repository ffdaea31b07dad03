import type { InboundEvent } from '../../../src/contract/inbound.ts';

/** What one push amounts to. `ignored` says why, for the log: an id or a word of ours, never what people wrote. */
export type Decoded = { readonly event: InboundEvent } | { readonly ignored: string };

/** What decoding needs to know beside the push itself. */
export type DecodeContext = {
  /** Stands in for the robot's code where an older robot does not send one. */
  readonly clientId: string;
  /** Stands in for a time the push does not carry. */
  readonly receivedAt: Date;
  /** True where the platform's signature does not cover the body. */
  readonly forgeable: boolean;
  /** Whether an answer may be posted to this session webhook. */
  readonly allowsSession: (url: string) => boolean;
};

export const malformed = (missing: string): Decoded => ({ ignored: `malformed: no ${missing}` });
