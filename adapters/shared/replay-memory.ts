import type { Clock } from '../../src/contract/runtime.ts';

export type ReplayMemory<Result> = {
  /**
   * Runs `work` for a key not seen within `keepMs`; for a known one gives what the first run gave, also while it is
   * still under way. A run that fails is forgotten.
   */
  once(key: string, work: () => Promise<Result>): Promise<Result>;
};

type ReplayMemoryOptions = {
  readonly clock: Clock;
  readonly keepMs: number;
  /** Beyond it the oldest keys are forgotten; the durable inbox still knows their events. */
  readonly capacity: number;
};

/** In memory: a restart forgets everything, and the inbox' own record of events takes its place. */
export function createReplayMemory<Result>({
  clock,
  keepMs,
  capacity,
}: ReplayMemoryOptions): ReplayMemory<Result> {
  const seen = new Map<string, { readonly until: number; readonly result: Promise<Result> }>();

  function forget(now: number): void {
    for (const [key, { until }] of seen) {
      if (until > now && seen.size < capacity) return; // in order of insertion, hence of time
      seen.delete(key);
    }
  }

  return {
    once(key, work) {
      forget(clock.now().getTime());
      const known = seen.get(key);
      if (known !== undefined) return known.result;
      const entry = { until: clock.now().getTime() + keepMs, result: work() };
      seen.set(key, entry);
      entry.result.catch(() => {
        if (seen.get(key) === entry) seen.delete(key);
      });
      return entry.result;
    },
  };
}
