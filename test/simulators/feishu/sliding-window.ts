/** Counts what was admitted in the last `windowMs` for each key; forgets keys that were idle for a window. */
export type SlidingWindows = {
  /** Milliseconds until one more is admitted; 0 when it would be now. Does not count. */
  waitMs(key: string, nowMs: number): number;
  count(key: string, nowMs: number): void;
};

const keysBeforeSweep = 4096;

/** At most `calls` in any `windowMs`; `Infinity` admits everything and remembers nothing. */
export function createSlidingWindows(calls: number, windowMs: number): SlidingWindows {
  const arrivals = new Map<string, number[]>();

  function recent(key: string, nowMs: number): number[] {
    const times = arrivals.get(key);
    if (times === undefined) return [];
    let expired = 0;
    while (expired < times.length && nowMs - (times[expired] ?? 0) >= windowMs) expired += 1;
    if (expired > 0) times.splice(0, expired);
    return times;
  }

  function sweep(nowMs: number): void {
    for (const [key, times] of arrivals) {
      if (nowMs - (times.at(-1) ?? 0) >= windowMs) arrivals.delete(key);
    }
  }

  return {
    waitMs(key, nowMs) {
      if (calls === Infinity) return 0;
      const times = recent(key, nowMs);
      const blocking = times[times.length - calls];
      return times.length < calls || blocking === undefined ? 0 : blocking + windowMs - nowMs;
    },
    count(key, nowMs) {
      if (calls === Infinity) return;
      const times = recent(key, nowMs);
      times.push(nowMs);
      arrivals.set(key, times);
      if (arrivals.size > keysBeforeSweep) sweep(nowMs);
    },
  };
}
