import type { InboundEvent } from '../../../src/contract/inbound.ts';

/** An event for the core, or why there is none; the reason is for the log. */
export type Decoded = { readonly event: InboundEvent } | { readonly ignored: string };

export const malformed = (missing: string): Decoded => ({ ignored: `malformed: no ${missing}` });
