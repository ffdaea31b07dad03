import { AdapterError } from '../contract/errors.ts';
import type { Clock, Logger } from '../contract/runtime.ts';

/** Codes that may pass by themselves; everything else stays as it is however often it is tried. */
const passing = new Set(['rate-limited', 'unavailable', 'timeout']);

/** A last edit is tried for this long: platforms are sometimes down for minutes, and a card must not be left spinning. */
export const patienceMs = 10 * 60_000;

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
 * `patienceMs`. `work` learns whether an earlier try may have got through. Rejects with the last error.
 */
export async function persist<Result>(
  { clock, random, log, signal, step }: PersistOptions,
  work: (maybeDone: boolean) => Promise<Result>,
): Promise<Result> {
  const giveUpAt = clock.now().getTime() + patienceMs;
  let maybeDone = false;
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, 30_000)) {
    try {
      return await work(maybeDone);
    } catch (error) {
      const waitMs = mayPass(error) ? (error.retryAfterMs ?? pauseMs * (0.5 + random())) : Infinity;
      if (signal.aborted || clock.now().getTime() + waitMs > giveUpAt) throw error;
      if (error instanceof AdapterError && error.sent === 'maybe') maybeDone = true;
      log.warn({ step, waitMs: Math.round(waitMs), error }, 'the platform did not take it, trying again');
      await clock.sleep(waitMs, signal);
    }
  }
}
