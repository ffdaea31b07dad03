import type { Clock } from '../contract/runtime.ts';

/** Milliseconds since it was made. Never goes back: while the machine's clock is set back, time stands still. */
export function createElapsed(clock: Clock): () => number {
  let lastSeen = clock.now().getTime();
  let elapsedMs = 0;
  return () => {
    const seen = clock.now().getTime();
    elapsedMs += Math.max(0, seen - lastSeen);
    lastSeen = seen;
    return elapsedMs;
  };
}

/** One sleep at a time, for the next thing to do. */
export type Alarm = {
  /** `Infinity`: nothing to do, and no timer stays behind. */
  set(at: number): void;
};

/** `ring` is called at the time set or, when that was put off in the meantime, earlier; it sets the alarm anew. */
export function createAlarm(clock: Clock, elapsedMs: () => number, ring: () => void): Alarm {
  let setFor = Infinity;
  let sleeping: AbortController | undefined;

  async function sleepUntil(at: number, asleep: AbortController): Promise<void> {
    await clock.sleep(Math.ceil(at - elapsedMs()), asleep.signal);
    if (asleep.signal.aborted) return;
    sleeping = undefined;
    setFor = Infinity;
    ring();
  }

  return {
    set(at) {
      // A timer that fires too early costs less than setting a new one each time the next moment moves away a little.
      if (at < Infinity && at >= setFor) return;
      sleeping?.abort();
      sleeping = undefined;
      setFor = at;
      if (at === Infinity) return;
      sleeping = new AbortController();
      void sleepUntil(at, sleeping);
    },
  };
}
