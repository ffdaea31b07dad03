import type { Clock } from '../contract/runtime.ts';

/** One wait that may take only so long; cheap to prolong, since it is prolonged with every token. */
export type Patience = {
  /** Starts (again) to wait: `limitMs` from now. */
  readonly wait: () => void;
  /** Nobody is waiting, such as while a reader is busy with what came. */
  readonly rest: () => void;
  readonly stop: () => void;
  /** The wait took too long. */
  readonly expired: () => boolean;
};

/** Calls `onExpired` once when a wait has lasted `limitMs`. Sleeps once per limit, not once per token. */
export function createPatience(clock: Clock, limitMs: number, onExpired: () => void): Patience {
  const stopping = new AbortController();
  let deadline = Infinity;
  let watching = false;
  let expired = false;
  const now = (): number => clock.now().getTime();

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      const left = deadline - now();
      if (left <= 0) {
        expired = true;
        stopping.abort();
        onExpired();
        return;
      }
      // A later deadline is always a full limit away, so sleeping a full limit at most never oversleeps it.
      await clock.sleep(Math.min(left, limitMs), stopping.signal);
    }
  }

  return {
    wait() {
      deadline = now() + limitMs;
      if (watching) return;
      watching = true;
      void watch();
    },
    rest() {
      deadline = Infinity;
    },
    stop: () => stopping.abort(),
    expired: () => expired,
  };
}
