import type { CallBudget } from '../contract/budget.ts';
import type { Members } from './members.ts';

const notSent = Symbol('not sent');

/**
 * Lets a call leave only while the other processes leave this one its part of the limits. One that was let go by the budget
 * before a standstill waits in line anew: its part may be smaller by now. Calls in the background always leave: an alert
 * that the database is gone must not wait for the database.
 */
export function divided(
  budget: CallBudget,
  { isIn, entered }: Pick<Members, 'isIn' | 'entered'>,
): CallBudget {
  return {
    slowDown: (call, retryAfterMs) => budget.slowDown(call, retryAfterMs),
    async run(call, signal, send) {
      if (call.urgency === 'background') return budget.run(call, signal, send);
      for (;;) {
        await entered(signal);
        const result = await budget.run(call, signal, async () => (isIn() ? send() : notSent));
        if (result !== notSent) return result;
      }
    },
  };
}
