import type { Clock } from '../../src/contract/runtime.ts';

/** Remembers that messages came without their content because the organisation's pushes of the month are used up. */
export type PushQuota = {
  readonly exhausted: () => void;
  /** For operators, until the month in which it happened is over; undefined otherwise. */
  readonly reason: () => string | undefined;
};

/** DingTalk counts in the months of China, which is eight hours ahead all year. */
const CHINA_AHEAD_MS = 8 * 3_600_000;

export function createPushQuota({ now }: Pick<Clock, 'now'>): PushQuota {
  let month: string | undefined;
  const current = (): string => new Date(now().getTime() + CHINA_AHEAD_MS).toISOString().slice(0, 7);
  return {
    exhausted() {
      month = current();
    },
    reason: () => (month === current() ? 'pushes of this month used up: 20001' : undefined),
  };
}
