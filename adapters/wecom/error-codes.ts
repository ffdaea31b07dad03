import type { AdapterErrorCode } from '../../src/contract/errors.ts';

/** What the platform said no with, as far as decisions need it. */
export type Refusal = {
  readonly code: AdapterErrorCode;
  readonly errcode: number;
  readonly retryAfterMs?: number;
  /** The access token was refused: a fresh one may do. */
  readonly tokenRefused?: true;
  /** The address the platform saw us come from and does not trust. */
  readonly untrustedAddress?: string;
};

/** One frame of a stream was still being worked on; it is done within a moment. */
const CONFLICT_PAUSE_MS = 1_000;

/**
 * Global error codes (developer documentation, path 90313), and those of the long connection, which only field reports
 * name: 6000 two frames of one stream at once, 846605 a req_id that takes no replies, 846608 the stream's life is over
 * or it is finished, 846609 the platform has forgotten our subscription.
 */
const CODES: ReadonlyMap<number, Omit<Refusal, 'errcode'>> = new Map<number, Omit<Refusal, 'errcode'>>([
  [-1, { code: 'unavailable' }],
  [6000, { code: 'unavailable', retryAfterMs: CONFLICT_PAUSE_MS }],
  [40001, { code: 'unauthorized' }],
  [40013, { code: 'unauthorized' }],
  [40056, { code: 'unauthorized' }],
  [40014, { code: 'unauthorized', tokenRefused: true }],
  [41001, { code: 'unauthorized', tokenRefused: true }],
  [42001, { code: 'unauthorized', tokenRefused: true }],
  [45009, { code: 'rate-limited' }],
  [45033, { code: 'rate-limited' }],
  [48002, { code: 'forbidden' }],
  [60011, { code: 'forbidden' }],
  [60020, { code: 'forbidden' }],
  [81013, { code: 'target-gone' }],
  [93006, { code: 'target-gone' }],
  [93019, { code: 'unauthorized' }],
  [853000, { code: 'unauthorized' }],
  [846605, { code: 'reply-closed' }],
  [846608, { code: 'reply-closed' }],
  [846609, { code: 'unavailable' }],
]);

export const NOT_TRUSTED = 60020;
export const NOT_SUBSCRIBED = 846609;

/** Undefined for success. `errmsg` is looked into only for the address, which nothing else tells. */
export function readRefusal(errcode: number | undefined, errmsg: string | undefined): Refusal | undefined {
  if (errcode === 0) return undefined;
  if (errcode === undefined) return { code: 'unavailable', errcode: -1 };
  const known = CODES.get(errcode) ?? { code: 'invalid' as const };
  const seen = errcode === NOT_TRUSTED ? addressIn(errmsg) : undefined;
  return { ...known, errcode, ...(seen === undefined ? {} : { untrustedAddress: seen }) };
}

/** `…, from ip: 203.0.113.7, more info at …` */
function addressIn(errmsg: string | undefined): string | undefined {
  return /from ip:\s*([0-9a-fA-F.:]{2,45})/.exec(errmsg ?? '')?.[1];
}
