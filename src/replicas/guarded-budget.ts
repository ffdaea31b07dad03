import type { CallBudget } from '../contract/budget.ts';
import type { Leases } from './leases.ts';

/**
 * Lets a call leave only while this process may write for its turns. It is asked at the last moment, when the budget lets
 * the call go: a process that was stopped in between finds out before it speaks.
 */
export function guarded(budget: CallBudget, { mayWrite }: Pick<Leases, 'mayWrite'>): CallBudget {
  return {
    slowDown: (call, retryAfterMs) => budget.slowDown(call, retryAfterMs),
    run: (call, signal, send) =>
      budget.run(call, signal, async () => {
        await mayWrite(signal);
        signal.throwIfAborted();
        return send();
      }),
  };
}
