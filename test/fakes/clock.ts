import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/contract/runtime.ts';

/** A clock that stands still until it is told to move. */
export type FakeClock = Clock & {
  /**
   * Moves time on by `milliseconds`. Sleeps that fall due end one after another in the order of their times, and what
   * each sets off runs before the next ends; a sleep begun on the way ends too if it is due by then.
   */
  advance(milliseconds: number): Promise<void>;
  /** Lets everything run that waits for nothing but its turn, without moving time. */
  settle(): Promise<void>;
  /** How many sleeps have not ended yet. */
  sleeping(): number;
};

type Sleep = { readonly wakesAtMs: number; readonly wake: () => void };

/** Starts at `start`, default 2026-11-20T08:00:00Z. */
export function createFakeClock(start: Date = new Date('2026-11-20T08:00:00Z')): FakeClock {
  let nowMs = start.getTime();
  const sleeps = new Set<Sleep>();

  async function advance(milliseconds: number): Promise<void> {
    const endMs = nowMs + milliseconds;
    await settle();
    for (;;) {
      const next = earliest(sleeps);
      if (next === undefined || next.wakesAtMs > endMs) break;
      nowMs = Math.max(nowMs, next.wakesAtMs);
      next.wake();
      await settle();
    }
    nowMs = endMs;
    await settle();
  }

  return {
    now: () => new Date(nowMs),
    sleep(milliseconds, signal) {
      if (signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          sleeps.delete(sleep);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleep: Sleep = { wakesAtMs: nowMs + Math.max(0, milliseconds), wake };
        sleeps.add(sleep);
        signal?.addEventListener('abort', wake, { once: true });
      });
    },
    advance,
    settle,
    sleeping: () => sleeps.size,
  };
}

// A set keeps the order of insertion, so of two sleeps due at one moment the older one wins.
function earliest(sleeps: ReadonlySet<Sleep>): Sleep | undefined {
  let first: Sleep | undefined;
  for (const sleep of sleeps) {
    if (first === undefined || sleep.wakesAtMs < first.wakesAtMs) first = sleep;
  }
  return first;
}

// Each turn of the event loop empties the queue of promises; a few turns let chains over streams and I/O go on too.
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
}
