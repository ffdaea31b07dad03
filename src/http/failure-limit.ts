import type { Clock } from '../contract/runtime.ts';

/**
 * Requests of one peer that may fail in one window. Far above what a platform's own mistakes amount to, far below what
 * guessing a secret takes.
 */
export const MAX_FAILURES = 300;
export const FAILURE_WINDOW_MS = 60_000;
/** Peers remembered at a time, about 1 MB; the one whose window began first is forgotten for a new one. */
export const MAX_PEERS = 10_000;

export type FailureLimit = {
  /** Undefined: one more may be told why it was refused. Otherwise only to come back after so many milliseconds. */
  retryAfterMs(peer: string): number | undefined;
  /** True when this failure was the one after which the peer is refused. */
  recordFailure(peer: string): boolean;
};

/** Counts failed requests by peer. Success is neither counted nor does it clear the count. */
export function createFailureLimit(
  clock: Pick<Clock, 'now'>,
  maxFailures: number,
): FailureLimit & { readonly size: () => number } {
  const windows = new Map<string, { readonly endsAtMs: number; failures: number }>();

  return {
    retryAfterMs(peer) {
      const window = windows.get(peer);
      const leftMs = (window?.endsAtMs ?? 0) - clock.now().getTime();
      return window !== undefined && window.failures >= maxFailures && leftMs > 0 ? leftMs : undefined;
    },
    recordFailure(peer) {
      const nowMs = clock.now().getTime();
      const window = windows.get(peer);
      if (window !== undefined && window.endsAtMs > nowMs) {
        window.failures += 1;
        return window.failures === maxFailures;
      }
      // Deleted first, so that the map stays in the order in which windows began.
      windows.delete(peer);
      if (windows.size >= MAX_PEERS) {
        const [oldest] = windows.keys();
        if (oldest !== undefined) windows.delete(oldest);
      }
      windows.set(peer, { endsAtMs: nowMs + FAILURE_WINDOW_MS, failures: 1 });
      return maxFailures === 1;
    },
    size: () => windows.size,
  };
}
