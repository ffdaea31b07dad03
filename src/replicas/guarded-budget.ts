import type { CallBudget } from '../contract/budget.ts';
import type { Clock } from '../contract/runtime.ts';
import type { Leases } from './leases.ts';

/**
 * A process does not know which calls the one before it made in its last moment. Limits on one second (five messages a
 * second to one group) would be exceeded by what is said at once, so the first call waits until that second is over.
 */
export const uncountedMs = 1_100;

export type Guard = Pick<Leases, 'mayWrite'> & {
  readonly clock: Clock;
  /** No call leaves before; milliseconds since the epoch. */
  readonly notBefore: number;
};

/**
 * Lets a call leave only while this process may write for its turns. It is asked at the last moment, when the budget lets
 * the call go: a process that was stopped in between finds out before it speaks. Calls in the background show nothing of
 * a turn and always leave: an alert that the database is gone must not wait for the database.
 */
export function guarded(budget: CallBudget, { mayWrite, clock, notBefore }: Guard): CallBudget {
  return {
    slowDown: (call, retryAfterMs) => budget.slowDown(call, retryAfterMs),
    run: (call, signal, send) =>
      budget.run(call, signal, async () => {
        const waitMs = notBefore - clock.now().getTime();
        if (waitMs > 0) await clock.sleep(Math.min(waitMs, uncountedMs), signal);
        if (call.urgency !== 'background') await mayWrite(signal);
        signal.throwIfAborted();
        return send();
      }),
  };
}
