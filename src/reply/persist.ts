import { AdapterError } from '../contract/errors.ts';
import type { Clock, Logger } from '../contract/runtime.ts';

/** Codes that may pass by themselves; everything else stays as it is however often it is tried. */
const passing = new Set(['rate-limited', 'unavailable', 'timeout']);

/** A last edit is tried for this long: platforms are sometimes down for minutes, and a card must not be left spinning. */
export const patienceMs = 10 * 60_000;
/** A platform that says "too often" is there and will take it: the longest window any of them counts in is an hour. */
export const limitedPatienceMs = 70 * 60_000;

const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** A call that is refused may be counted all the same, and be what keeps the door shut. */
const longestLimitedPauseMs = 5 * 60_000;
/** Nobody documents a longer ban; what a header asks beyond that is not believed. */
const longestAskedMs = 10 * 60_000;

export type PersistOptions = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** For the log: `open`, `close`. */
  readonly step: string;
};

/** Whether trying again later could help. */
export function mayPass(error: unknown): error is AdapterError {
  return error instanceof AdapterError && passing.has(error.code);
}

/**
 * Tries `work` until it succeeds, with growing pauses and jitter, for as long as the failure may pass and at most
 * `patienceMs`, or `limitedPatienceMs` while the platform only says "too often". `work` learns whether an earlier try may
 * have got through. Rejects with the last error.
 */
export async function persist<Result>(
  { clock, random, log, signal, step }: PersistOptions,
  work: (maybeDone: boolean) => Promise<Result>,
): Promise<Result> {
  const begunAt = clock.now().getTime();
  let maybeDone = false;
  for (let tries = 1; ; tries += 1) {
    try {
      return await work(maybeDone);
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      const waitMs = waitAfter(error, tries, random());
      const patience = error.code === 'rate-limited' ? limitedPatienceMs : patienceMs;
      if (clock.now().getTime() + waitMs > begunAt + patience) throw error;
      if (error.sent === 'maybe') maybeDone = true;
      log.warn({ step, waitMs: Math.round(waitMs), error }, 'the platform did not take it, trying again');
      await clock.sleep(waitMs, signal);
    }
  }
}

/** `jitter`: 0 ≤ x < 1. */
function waitAfter({ code, retryAfterMs }: AdapterError, tries: number, jitter: number): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, longestAskedMs);
  const longest = code === 'rate-limited' ? longestLimitedPauseMs : longestPauseMs;
  return Math.min(firstPauseMs * 2 ** (tries - 1), longest) * (0.5 + jitter);
}
