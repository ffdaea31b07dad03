import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CallLimit } from '../../../src/contract/budget.ts';
import { divided } from '../../../src/replicas/divided-budget.ts';
import { createMembers } from '../../../src/replicas/members.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { createLocalSignals } from '../../../src/store/signals.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { silentLog } from '../../fakes/log.ts';
import { replicasInMemory } from './replicas-in-memory.ts';

/** The life of one process: it comes, works as hard as it may, and is gone, with or without a word. */
type Life = {
  readonly fromMs: number;
  readonly lastsMs: number;
  readonly end: 'leaves' | 'is killed';
  readonly wantsEveryMs: number;
  readonly callTakesMs: number;
};

const life: fc.Arbitrary<Life> = fc.record({
  fromMs: fc.nat(20_000),
  lastsMs: fc.integer({ min: 2_000, max: 20_000 }),
  end: fc.constantFrom('leaves', 'is killed'),
  wantsEveryMs: fc.integer({ min: 5, max: 300 }),
  callTakesMs: fc.nat(300),
});
// Four processes at most are counted at one time, and each has at least one call.
const limit: fc.Arbitrary<CallLimit> = fc.record({
  per: fc.constantFrom('app', 'chat'),
  calls: fc.integer({ min: 4, max: 20 }),
  windowMs: fc.integer({ min: 100, max: 4_000 }),
});

async function live(limits: readonly CallLimit[], lives: readonly Life[], latencyMs: number) {
  const clock = createFakeClock();
  const begun = clock.now().getTime();
  const nowMs = (): number => clock.now().getTime() - begun;
  const store = replicasInMemory(clock, () => latencyMs);
  const signals = createLocalSignals();
  const leftAt: { readonly owner: number; readonly at: number }[] = [];

  async function run(
    { fromMs, lastsMs, end, wantsEveryMs, callTakesMs }: Life,
    owner: number,
  ): Promise<void> {
    await clock.sleep(fromMs);
    const members = createMembers({
      store: end === 'leaves' ? store : mortal(),
      signals,
      owner: String(owner),
      clock,
      monotonicMs: nowMs,
      log: silentLog,
    });
    const over = new AbortController();
    const budget = createCallBudget({ limits, clock });
    members.share(budget);
    const shared = divided(budget, members);
    void members.keep();
    const call = { api: 'edit', urgency: 'live', chat: 'one' } as const;
    const send = async (): Promise<void> => {
      leftAt.push({ owner, at: nowMs() });
      await clock.sleep(callTakesMs);
    };
    const until = nowMs() + lastsMs;
    while (nowMs() < until) {
      void shared.run(call, over.signal, send).catch(() => undefined);
      await clock.sleep(wantsEveryMs);
    }
    over.abort();
    budget.stop();
    await clock.sleep(callTakesMs);
    await members.leave();

    /** Says nothing any more once it is dead. */
    function mortal(): typeof store {
      const dead = (): boolean => nowMs() >= fromMs + lastsMs;
      const silence = new Promise<never>(() => undefined);
      return { beat: (beat) => (dead() ? silence : store.beat(beat)), leave: () => silence };
    }
  }

  lives.forEach((each, owner) => void run(each, owner));
  await clock.advance(60_000);
  return leftAt;
}

const mostIn = (windowMs: number, times: readonly number[]): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));

it('whoever comes and goes, all together exceed no window, and each that stays gets to work', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(limit, { minLength: 1, maxLength: 2 }),
      fc.array(life, { minLength: 1, maxLength: 4 }),
      fc.nat(40),
      async (limits, lives, latencyMs) => {
        const calls = await live(limits, lives, latencyMs);
        const times = calls.map(({ at }) => at);
        for (const { windowMs, calls: allowed } of limits)
          expect(mostIn(windowMs, times)).toBeLessThanOrEqual(allowed);
        lives.forEach(({ lastsMs }, index) => {
          // Whoever comes after a sudden death waits until that is certain, and for windows that others have filled.
          if (lastsMs > 15_000) expect(calls.some(({ owner }) => owner === index)).toBe(true);
        });
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
