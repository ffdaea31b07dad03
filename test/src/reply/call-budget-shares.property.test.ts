import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallLimit, CallUrgency } from '../../../src/contract/budget.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const NEVER = new AbortController().signal;

/** A limit on all calls together, so that all replies compete for it. */
const shared: fc.Arbitrary<CallLimit> = fc.record({
  per: fc.constantFrom('app' as const, 'api' as const),
  calls: fc.integer({ min: 1, max: 30 }),
  windowMs: fc.integer({ min: 1_000, max: 20_000 }),
});

/** How long a window stays closed behind a full one, whatever the budget adds to it: see `createGateRule`. */
const holdMs = ({ windowMs }: CallLimit, answerMs: number): number => windowMs * 1.001 + 6 + answerMs;

function createDesk(limits: readonly CallLimit[], answerMs: number) {
  const clock = createFakeClock();
  const startMs = clock.now().getTime();
  const budget = createCallBudget({ limits, clock });
  const left: {
    readonly card: string;
    readonly urgency: CallUrgency;
    readonly atMs: number;
    readonly waitedMs: number;
  }[] = [];
  const nowMs = (): number => clock.now().getTime() - startMs;

  async function call(card: string, urgency: CallUrgency): Promise<void> {
    const fromMs = nowMs();
    await budget.run({ api: 'edit', urgency, card }, NEVER, async () => {
      left.push({ card, urgency, atMs: nowMs(), waitedMs: nowMs() - fromMs });
      await clock.sleep(answerMs);
    });
  }

  /** One call after the other until then. */
  async function stream(card: string, untilMs: number, urgency: CallUrgency = 'live'): Promise<void> {
    while (nowMs() < untilMs) {
      await call(card, urgency);
      await clock.sleep(1);
    }
  }
  return { clock, budget, left, call, stream, nowMs };
}

describe('whatever the limit and the crowd', () => {
  it('replies that run alike get the same share, within two calls', async () => {
    await fc.assert(
      fc.asyncProperty(
        shared,
        fc.integer({ min: 2, max: 40 }),
        fc.nat(60),
        async (limit, replies, answerMs) => {
          const { clock, stream, left } = createDesk([limit], answerMs);
          const forMs = 3 * (replies / limit.calls + 1) * holdMs(limit, answerMs);
          for (let reply = 0; reply < replies; reply += 1) void stream(`card ${reply}`, forMs);
          await clock.advance(forMs);
          const counts = Array.from(
            { length: replies },
            (_, reply) => left.filter(({ card }) => card === `card ${reply}`).length,
          );
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 40 },
    );
  });

  /*
   * What the bound is made of: of ten calls that leave, one at least is of each kind that waits (`PASSED_OVER_AT_MOST`), and
   * an edit between keeps a tenth of the rate (`LEAST_YIELDING_PART`); within a kind the replies take turns. With `replies`
   * of them and a flood of others that is ten windows for each `calls` replies, and two for what was under way.
   */
  it('no reply waits longer than ten windows for each full window of replies, whatever else comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        shared,
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom<CallUrgency[]>('first', 'final'),
        fc.constantFrom<CallUrgency[]>('live', 'background'),
        fc.nat(60),
        async (limit, replies, flooding, waiting, answerMs) => {
          const { clock, stream, left, call, nowMs } = createDesk([limit], answerMs);
          const boundMs = (10 * Math.ceil(replies / limit.calls) + 2) * holdMs(limit, answerMs) * 1.1;
          const forMs = 2 * boundMs;
          // Twice what the limit lets through, from ever new replies.
          const everyMs = holdMs(limit, answerMs) / limit.calls / 2;
          const flood = async (): Promise<void> => {
            for (let round = 0; nowMs() < forMs; round += 1) {
              call(`new ${round}`, flooding).catch(() => undefined);
              await clock.sleep(Math.max(1, everyMs));
            }
          };
          void flood();
          for (let reply = 0; reply < replies; reply += 1) void stream(`card ${reply}`, forMs, waiting);
          await clock.advance(forMs);
          for (let reply = 0; reply < replies; reply += 1) {
            const own = left.filter(({ card }) => card === `card ${reply}`);
            const times = [0, ...own.map(({ atMs }) => atMs), forMs];
            const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
            expect(Math.max(...gaps)).toBeLessThanOrEqual(boundMs + answerMs + 1);
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('a final and a first call go before all edits that wait', async () => {
    await fc.assert(
      fc.asyncProperty(
        shared,
        fc.integer({ min: 2, max: 30 }),
        fc.constantFrom<CallUrgency[]>('first', 'final'),
        fc.nat(10_000),
        async (limit, replies, urgent, atMs) => {
          const { clock, stream, left, call } = createDesk([limit], 10);
          for (let reply = 0; reply < replies; reply += 1) void stream(`card ${reply}`, 60_000);
          await clock.advance(atMs);
          const before = left.length;
          void call('urgent', urgent);
          await clock.advance(2 * holdMs(limit, 10));
          const edits = left.slice(before).findIndex(({ urgency }) => urgency === urgent);
          // One at most was on its way already when the urgent one came to the same millisecond.
          expect(edits).toBeGreaterThanOrEqual(0);
          expect(edits).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('after refusals the rate comes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        shared.map((limit) => ({ ...limit, calls: Math.ceil(limit.calls / 3) })),
        fc.array(fc.record({ atMs: fc.nat(30_000), forMs: fc.option(fc.nat(20_000), { nil: undefined }) }), {
          minLength: 1,
          maxLength: 12,
        }),
        async (limit, refusals) => {
          const { clock, budget, stream, left } = createDesk([limit], 5);
          const endMs = 30_000 + 60_000 + 60_000 + 4 * limit.windowMs + 20_000;
          for (let reply = 0; reply < 2 * limit.calls + 2; reply += 1) void stream(`card ${reply}`, endMs);
          for (const { atMs, forMs } of refusals)
            void clock.sleep(atMs).then(() => budget.slowDown({ api: 'edit', urgency: 'live' }, forMs));
          await clock.advance(endMs);
          // The last pause is over after 50 s, and a minute later the rate is whole again (`RECOVERY_MS`).
          const fromMs = endMs - 3 * holdMs(limit, 5);
          const calls = left.filter(({ atMs }) => atMs >= fromMs && atMs < endMs).length;
          expect(calls).toBeGreaterThanOrEqual(3 * (limit.calls - Math.ceil(limit.calls * 0.05)) - 3);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('divided among more processes it uses no more than its part, from the moment it says so', async () => {
    await fc.assert(
      fc.asyncProperty(
        shared,
        fc.array(fc.record({ atMs: fc.nat(20_000), replicas: fc.integer({ min: 1, max: 5 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.nat(200),
        async (limit, divisions, answerMs) => {
          const { clock, budget, stream, left, nowMs } = createDesk([limit], answerMs);
          for (let reply = 0; reply < 20; reply += 1) void stream(`card ${reply}`, 60_000);
          const ordered = divisions.toSorted((one, other) => one.atMs - other.atMs);
          for (const [index, { atMs, replicas }] of ordered.entries()) {
            await clock.advance(Math.max(0, atMs - nowMs()));
            budget.divide(() => replicas);
            const untilMs = ordered[index + 1]?.atMs ?? atMs + 3 * limit.windowMs;
            while (!budget.within() && nowMs() < untilMs) await clock.advance(20);
            if (!budget.within()) continue;
            const sinceMs = nowMs();
            await clock.advance(Math.max(0, untilMs - sinceMs));
            const part = Math.max(1, Math.floor(limit.calls / replicas));
            // The window that ends now, and those that end with each later call.
            for (const last of [sinceMs, ...left.map(({ atMs: at }) => at).filter((at) => at > sinceMs)]) {
              const inWindow = left.filter(({ atMs: at }) => at > last - limit.windowMs && at <= last);
              expect(inWindow.length).toBeLessThanOrEqual(part);
            }
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
