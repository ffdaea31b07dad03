import type { CallUrgency } from '../../../src/contract/budget.ts';
import type { Clock } from '../../../src/contract/runtime.ts';

/** A chat takes 30 frames a minute: ten seconds at one a second and the rest at one in three seconds are 27. */
const QUICK_MS = 10_000;
const LATER_INTERVAL_MS = 3_000;

export type Cadence = {
  /** Ends when the next edit may leave. Only edits in between wait. */
  wait(urgency: CallUrgency, signal: AbortSignal): Promise<void>;
  left(): void;
};

/** Most answers are short: they grow quickly, and a long one slows down rather than standing still at a limit. */
export function createCadence(clock: Clock, intervalMs: number): Cadence {
  const begunAt = clock.now().getTime();
  let leftAt = begunAt;
  return {
    async wait(urgency, signal) {
      if (urgency !== 'live') return;
      const now = clock.now().getTime();
      const interval = now - begunAt < QUICK_MS ? intervalMs : Math.max(intervalMs, LATER_INTERVAL_MS);
      if (leftAt + interval > now) await clock.sleep(leftAt + interval - now, signal);
      signal.throwIfAborted();
    },
    left() {
      leftAt = clock.now().getTime();
    },
  };
}
