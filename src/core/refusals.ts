import type { Asker } from './access.ts';
import type { LimitReached } from './limits.ts';

/** People remembered at once; the longest refused are forgotten first and would be told once more. */
const maxRemembered = 20_000;

/** Who still asks later on is told again, also when the refusal holds for longer. */
const saidAgainAfterMs = 60_000;

export type Refusals = {
  /** True when this person has not just been told in this chat that the limit is reached. */
  first(asker: Asker, reached: LimitReached, now: number): boolean;
};

/** In memory: after a restart people are told once more. */
export function createRefusals(): Refusals {
  const saidUntil = new Map<string, number>();
  return {
    first({ platform, person, chat }, { owner, measure, limit, until }, now) {
      // A limit that was changed since is news.
      const key = JSON.stringify([platform, person, chat, owner, measure, limit]);
      if ((saidUntil.get(key) ?? 0) > now) return false;
      saidUntil.delete(key);
      saidUntil.set(key, Math.min(until, now + saidAgainAfterMs));
      const oldest = saidUntil.keys().next();
      if (saidUntil.size > maxRemembered && oldest.done === false) saidUntil.delete(oldest.value);
      return true;
    },
  };
}
