export type Backoff = {
  /** How long to wait before the next attempt, in milliseconds. */
  next(): number;
  /** To be called when a connection has held. */
  reset(): void;
};

type BackoffOptions = {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly firstMs: number;
  readonly capMs: number;
};

/**
 * Waits that double from `firstMs` up to `capMs`, each shortened by up to half at random, so that many clients cut off
 * at one moment do not all come back at one moment.
 */
export function createBackoff({ random, firstMs, capMs }: BackoffOptions): Backoff {
  let ceilingMs = firstMs;
  return {
    next() {
      const waitMs = Math.round(ceilingMs * (0.5 + random() / 2));
      ceilingMs = Math.min(capMs, ceilingMs * 2);
      return waitMs;
    },
    reset() {
      ceilingMs = firstMs;
    },
  };
}
