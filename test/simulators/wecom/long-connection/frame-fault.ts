/**
 * What goes wrong with one frame of the client. `code`: refused with it, no effect. `late-ack`, `no-ack`,
 * `duplicate-ack`: the effect is applied, the acknowledgement comes late, never, twice. `lost`: neither effect nor
 * acknowledgement. `swallow`: acknowledged, yet nobody sees anything. `drop-before` and `drop-after` cut the TCP
 * connection before or after the effect.
 */
export type FrameFault =
  | { readonly kind: 'code'; readonly code: number; readonly message?: string }
  | { readonly kind: 'late-ack'; readonly milliseconds: number }
  | { readonly kind: 'no-ack' | 'duplicate-ack' | 'lost' | 'swallow' | 'drop-before' | 'drop-after' };
