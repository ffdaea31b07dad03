import type { CallUrgency } from '../contract/budget.ts';
import type { Clock } from '../contract/runtime.ts';
import { createElapsed } from './budget-time.ts';

export type PacedWriterOptions = {
  /**
   * Shows the newest state. Should call `leaving` at the moment it reads that state (the platform call leaves), for two
   * reasons: touches before it then need no further write; and until then the signal may abort, because the writer is
   * stopped or something more urgent came, whereas afterwards it never does. A write that does not call it is taken to
   * have read the state when it began, and had better not heed the signal either.
   */
  readonly write: (urgency: CallUrgency, signal: AbortSignal, leaving: () => void) => Promise<void>;
  /** Shortest time from one write's leaving to the beginning of the next, in milliseconds; asked before each wait. */
  readonly intervalMs: () => number;
  readonly clock: Clock;
  /**
   * A write failed. `continue`: it is repeated with the newest state, each time after twice as long a pause, at most
   * ten seconds. Must not throw.
   */
  readonly onError: (error: unknown) => 'continue' | 'stop';
};

export type PacedWriter = {
  /** There is something new to show; `live` unless said otherwise. */
  touch(urgency?: CallUrgency): void;
  /** Resolves when all that was touched is shown, or the writer has stopped. */
  idle(): Promise<void>;
  /** Waits for the write that has left; what has not is dropped, for the reply's end carries the whole. Idempotent. */
  stop(): Promise<void>;
};

type Attempt = { readonly urgency: CallUrgency; readonly waiting: AbortController; left: boolean };

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const URGENCY_RANKS = { final: 0, first: 1, live: 2, background: 3 } as const satisfies Record<
  CallUrgency,
  number
>;

/**
 * One write in flight, newest state wins. The first touch is written at once, later ones `intervalMs` apart; `first` and
 * `final` do not wait for the interval, since the call budget guards the platform's limits anyway.
 */
export function createPacedWriter({ write, intervalMs, clock, onError }: PacedWriterOptions): PacedWriter {
  let wanted: CallUrgency | undefined;
  let attempt: Attempt | undefined;
  let resting = new AbortController();
  let draining: Promise<void> | undefined;
  let stopped = false;
  let lastLeftAt = -Infinity;
  let failedAt = 0;
  let failures = 0;

  const nowMs = createElapsed(clock);

  function dueAt(urgency: CallUrgency): number {
    if (failures > 0)
      return failedAt + Math.min(LONGEST_PAUSE_MS, Math.max(intervalMs(), SHORTEST_PAUSE_MS) * 2 ** failures);
    return isUrgent(urgency) ? -Infinity : lastLeftAt + intervalMs();
  }

  async function drain(): Promise<void> {
    // Touches of one moment make one write, and one made by `write` itself finds this drain running.
    await Promise.resolve();
    while (wanted !== undefined && !stopped) {
      const restMs = dueAt(wanted) - nowMs();
      if (restMs > 0) {
        resting = new AbortController();
        await clock.sleep(restMs, resting.signal);
      } else await writeOnce(wanted);
    }
    draining = undefined;
  }

  async function writeOnce(urgency: CallUrgency): Promise<void> {
    const current: Attempt = { urgency, waiting: new AbortController(), left: false };
    const beganAt = nowMs();
    attempt = current;
    wanted = undefined;
    const leaving = (): void => {
      current.left = true;
      lastLeftAt = nowMs();
      wanted = undefined;
    };
    try {
      await write(urgency, current.waiting.signal, leaving);
      if (!current.left) lastLeftAt = beganAt;
      failures = 0;
    } catch (error) {
      wanted = moreUrgent(wanted, urgency);
      if (current.left || !current.waiting.signal.aborted) fail(error);
    } finally {
      attempt = undefined;
    }
  }

  function fail(error: unknown): void {
    failures += 1;
    failedAt = nowMs();
    if (onError(error) === 'stop') stopped = true;
  }

  function abortUnlessLeft(): void {
    if (attempt?.left === false) attempt.waiting.abort();
  }

  return {
    touch(urgency = 'live') {
      if (stopped) return;
      wanted = moreUrgent(wanted, urgency);
      // The write under way may have to wait long for its turn as a live one; begun again it goes before them.
      if (attempt !== undefined && isUrgent(urgency) && !isUrgent(attempt.urgency)) abortUnlessLeft();
      if (isUrgent(urgency)) resting.abort();
      draining ??= drain();
    },
    async idle() {
      while (draining !== undefined) await draining;
    },
    async stop() {
      stopped = true;
      resting.abort();
      abortUnlessLeft();
      await draining;
    },
  };
}

function isUrgent(urgency: CallUrgency): boolean {
  return urgency === 'first' || urgency === 'final';
}

function moreUrgent(known: CallUrgency | undefined, other: CallUrgency): CallUrgency {
  return known !== undefined && URGENCY_RANKS[known] < URGENCY_RANKS[other] ? known : other;
}
