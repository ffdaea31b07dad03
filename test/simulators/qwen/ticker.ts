/** Called on every tick with the time; returns false when it is done. */
export type Job = (now: number) => boolean;

export type Ticker = {
  add(job: Job): void;
  stop(): void;
};

/** 5 ms: shorter than the gap between two tokens of a fast server, long enough for a thousand streams on one core. */
const tickMs = 5;

/** One timer for all streams together; it runs only while there are any. */
export function createTicker(): Ticker {
  const jobs = new Set<Job>();
  let timer: NodeJS.Timeout | undefined;

  function tick(): void {
    const now = preciseNow();
    for (const job of jobs) if (!job(now)) jobs.delete(job);
    if (jobs.size === 0) stop();
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    add(job) {
      jobs.add(job);
      timer ??= setInterval(tick, tickMs);
    },
    stop() {
      jobs.clear();
      stop();
    },
  };
}

/** Milliseconds since the epoch with fractions, comparable between processes of one machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

/** A small seeded generator (mulberry32): 0 ≤ x < 1. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
