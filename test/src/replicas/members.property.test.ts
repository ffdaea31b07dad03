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
  /** Before, it is there and does nothing. */
  readonly idleMs: number;
  readonly wantsEveryMs: number;
  readonly callTakesMs: number;
};

const life: fc.Arbitrary<Life> = fc.record({
  fromMs: fc.nat(20_000),
  lastsMs: fc.integer({ min: 2_000, max: 20_000 }),
  end: fc.constantFrom('leaves', 'is killed'),
  idleMs: fc.constantFrom(0, 0, 5_000),
  wantsEveryMs: fc.integer({ min: 5, max: 300 }),
  callTakesMs: fc.nat(300),
});
// Each process has at least one call in each window, so there must be enough for all, and for those that ended.
const limitIn = (shortestMs: number, longestMs: number): fc.Arbitrary<CallLimit> =>
  fc.record({
    per: fc.constantFrom('app', 'chat'),
    calls: fc.integer({ min: 12, max: 40 }),
    windowMs: fc.integer({ min: shortestMs, max: longestMs }),
  });
const brief = limitIn(100, 1_000);
const long = limitIn(8_000, 40_000);
const wholeMs = 130_000;

async function live(limits: readonly CallLimit[], lives: readonly Life[], latencyMs: number, forMs = 60_000) {
  const clock = createFakeClock();
  const begun = clock.now().getTime();
  const nowMs = (): number => clock.now().getTime() - begun;
  const store = replicasInMemory(clock, () => latencyMs);
  const signals = createLocalSignals();
  const leftAt: { readonly owner: number; readonly at: number }[] = [];

  async function run(
    { fromMs, lastsMs, end, idleMs, wantsEveryMs, callTakesMs }: Life,
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
    // The others are spaced, so that they would seldom meet a limit.
    const call = { api: 'edit', urgency: 'final', chat: 'one' } as const;
    const send = async (): Promise<void> => {
      leftAt.push({ owner, at: nowMs() });
      await clock.sleep(callTakesMs);
    };
    const until = nowMs() + lastsMs;
    await clock.sleep(Math.min(idleMs, lastsMs));
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
  await clock.advance(forMs);
  return leftAt;
}

const mostIn = (windowMs: number, times: readonly number[]): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));

it('whoever comes and goes, all together exceed no window, and each that stays gets to work', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(brief, { minLength: 1, maxLength: 2 }),
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

/** Two or three are there, one ends, perhaps after it has used all that it may, and another comes in its place. */
const replacement = fc
  .record({
    stay: fc.array(fc.nat(60_000), { minLength: 1, maxLength: 2 }),
    endsAtMs: fc.integer({ min: 10_000, max: 30_000 }),
    end: fc.constantFrom<Life['end']>('leaves', 'is killed'),
    lastWorkMs: fc.nat(10_000),
    comesAfterMs: fc.nat(30_000),
  })
  .map(({ stay, endsAtMs, end, lastWorkMs, comesAfterMs }): readonly Life[] => {
    const busy = { wantsEveryMs: 150, callTakesMs: 50 } as const;
    const from = (fromMs: number): Life => ({
      ...busy,
      fromMs,
      lastsMs: wholeMs - fromMs,
      idleMs: 0,
      end: 'leaves',
    });
    return [
      ...stay.map((idleMs): Life => ({ ...from(0), idleMs })),
      { ...busy, fromMs: 0, lastsMs: endsAtMs, idleMs: endsAtMs - lastWorkMs, end },
      from(endsAtMs + comesAfterMs),
    ];
  });

it('what one that ended used counts for as long as the platform counts it, and its successor gets to work', async () => {
  await fc.assert(
    fc.asyncProperty(long, replacement, fc.nat(40), async (limit, lives, latencyMs) => {
      const calls = await live([limit], lives, latencyMs, wholeMs);
      const times = calls.map(({ at }) => at);
      expect(mostIn(limit.windowMs, times)).toBeLessThanOrEqual(limit.calls);
      expect(calls.some(({ owner }) => owner === lives.length - 1)).toBe(true);
    }),
    { numRuns: 30 },
  );
}, 120_000);
