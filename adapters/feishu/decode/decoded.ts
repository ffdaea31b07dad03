import type { InboundEvent } from '../../../src/contract/inbound.ts';

/** An event for the core, or why there is none; the reason is for the log. */
export type Decoded = { readonly event: InboundEvent } | { readonly ignored: string };

/** What decoding needs to know beside the event itself. */
export type DecodeContext = {
  readonly botOpenId: string;
  /** Stands in for a time the event does not carry. */
  readonly receivedAt: Date;
};

export const malformed = (missing: string): Decoded => ({ ignored: `malformed: no ${missing}` });
