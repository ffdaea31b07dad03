/** When a token was read from the socket and decoded, in milliseconds since the epoch; only some are told. */
export type ReadToken = { readonly index: number; readonly token: number; readonly readAt: number };

export type FloorOrder = { readonly type: 'report' };

export type FloorMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'report'; readonly tokens: number; readonly reads: readonly ReadToken[] };
