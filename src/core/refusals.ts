import type { Asker } from './access.ts';
import type { LimitReached } from './limits.ts';

/** People remembered at once; the longest refused are forgotten first and would be told once more. */
const maxRemembered = 20_000;

export type Refusals = {
  /** True when this person has not yet been told in this chat that the limit is reached. */
  first(asker: Asker, reached: LimitReached, now: number): boolean;
};

/** The refusal names the time at which it works again, so until then it need not be said a second time. In memory. */
export function createRefusals(): Refusals {
  const saidUntil = new Map<string, number>();
  return {
    first({ platform, person, chat }, { owner, measure, until }, now) {
      const key = JSON.stringify([platform, person, chat, owner, measure]);
      if ((saidUntil.get(key) ?? 0) > now) return false;
      saidUntil.delete(key);
      saidUntil.set(key, until);
      const oldest = saidUntil.keys().next();
      if (saidUntil.size > maxRemembered && oldest.done === false) saidUntil.delete(oldest.value);
      return true;
    },
  };
}
