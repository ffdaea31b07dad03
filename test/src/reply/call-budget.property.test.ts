import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallLimit, CallUrgency, PlannedCall } from '../../../src/contract/budget.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { createFakeClock } from '../../fakes/clock.ts';

/** One call of a random day: when it is wanted, how long it takes, when within that the platform counts it. */
type Wish = {
  readonly call: PlannedCall;
  readonly wantedAtMs: number;
  readonly takesMs: number;
  readonly countedPart: number;
  /** After how long the caller gives up waiting. */
  readonly patienceMs: number | undefined;
  readonly refusedForMs: number | undefined;
};

const limit: fc.Arbitrary<CallLimit> = fc
  .record({
    per: fc.constantFrom(
      'api' as const,
      'app' as const,
      'card' as const,
      'chat' as const,
      'message' as const,
    ),
    apis: fc.option(fc.constantFrom(['open'], ['edit'], ['open', 'edit']), { nil: undefined }),
    calls: fc.integer({ min: 1, max: 8 }),
    windowMs: fc.integer({ min: 50, max: 3000 }),
  })
  .map(({ apis, ...rest }) => (apis === undefined ? rest : { ...rest, apis }));

const wish: fc.Arbitrary<Wish> = fc.record({
  call: fc.record({
    api: fc.constantFrom('open', 'edit', 'close'),
    urgency: fc.constantFrom<CallUrgency[]>('first', 'final', 'live', 'background'),
    card: fc.constantFrom('a', 'b', 'c', 'd'),
    chat: fc.constantFrom('x', 'y'),
    message: fc.constantFrom('1', '2', '3'),
  }),
  wantedAtMs: fc.nat(3000),
  takesMs: fc.oneof(fc.nat(30), fc.nat(1500)),
  countedPart: fc.double({ min: 0, max: 1, noNaN: true }),
  patienceMs: fc.option(fc.nat(2000), { nil: undefined, freq: 4 }),
  refusedForMs: fc.option(fc.nat(2000), { nil: undefined, freq: 12 }),
});

type Outcome = 'sent' | 'aborted';
type Arrival = { readonly call: PlannedCall; readonly leftAtMs: number; readonly countedAtMs: number };

async function live(limits: readonly CallLimit[], wishes: readonly Wish[]) {
  const clock = createFakeClock();
  const startMs = clock.now().getTime();
  const nowMs = (): number => clock.now().getTime() - startMs;
  const budget = createCallBudget({ limits, clock });
  const arrivals: Arrival[] = [];
  const pauses: { readonly call: PlannedCall; readonly fromMs: number; readonly untilMs: number }[] = [];

  async function fulfil({
    call,
    wantedAtMs,
    takesMs,
    countedPart,
    patienceMs,
    refusedForMs,
  }: Wish): Promise<Outcome> {
    await clock.sleep(wantedAtMs);
    const patience = new AbortController();
    let left = false;
    if (patienceMs !== undefined) void clock.sleep(patienceMs).then(() => left || patience.abort('gave up'));
    try {
      await budget.run(call, patience.signal, async () => {
        left = true;
        arrivals.push({ call, leftAtMs: nowMs(), countedAtMs: nowMs() + Math.round(takesMs * countedPart) });
        await clock.sleep(takesMs);
      });
    } catch (error) {
      expect(error).toBe('gave up');
      expect(left).toBe(false);
      return 'aborted';
    }
    if (refusedForMs !== undefined) {
      pauses.push({ call, fromMs: nowMs(), untilMs: nowMs() + refusedForMs });
      budget.slowDown(call, refusedForMs);
    }
    return 'sent';
  }

  const outcomes = Promise.all(wishes.map(fulfil));
  await clock.advance(3_600_000);
  return { budget, clock, arrivals, pauses, outcomes: await outcomes };
}

function keyOf({ per, apis }: CallLimit, call: PlannedCall): string | undefined {
  if (apis !== undefined && !apis.includes(call.api)) return undefined;
  return per === 'app' ? 'the app' : call[per];
}

/** The most calls the platform counted in any window of the limit, for any one key. */
function mostInWindow(limit: CallLimit, arrivals: readonly Arrival[]): number {
  const groups = Map.groupBy(arrivals, ({ call }) => keyOf(limit, call));
  groups.delete(undefined);
  return Math.max(
    0,
    ...[...groups.values()].flatMap((group) =>
      group.map(
        ({ countedAtMs: from }) =>
          group.filter(({ countedAtMs: at }) => at >= from && at < from + limit.windowMs).length,
      ),
    ),
  );
}

describe('whatever the limits, the wishes and the moments at which the platform counts', () => {
  it('no window exceeds any limit, every call that nobody gave up is sent, and all comes to rest', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(limit, { minLength: 1, maxLength: 4 }),
        fc.array(wish, { minLength: 30, maxLength: 60 }),
        async (limits, wishes) => {
          const { budget, clock, arrivals, outcomes } = await live(limits, wishes);
          for (const each of limits) expect(mostInWindow(each, arrivals)).toBeLessThanOrEqual(each.calls);
          expect(outcomes).toHaveLength(wishes.length);
          expect(arrivals).toHaveLength(outcomes.filter((outcome) => outcome === 'sent').length);
          const patient = wishes.filter(({ patienceMs }) => patienceMs === undefined);
          expect(arrivals.length).toBeGreaterThanOrEqual(patient.length);
          expect(budget.stats()).toMatchObject({
            inFlight: 0,
            waiting: { final: 0, first: 0, live: 0, background: 0 },
          });
          expect(clock.sleeping()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('nothing leaves through a counter that the platform asked to pause', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(limit, { minLength: 1, maxLength: 3 }),
        fc.array(wish, { minLength: 20, maxLength: 40 }),
        async (limits, wishes) => {
          const { arrivals, pauses } = await live(limits, wishes);
          for (const { call, fromMs, untilMs } of pauses) {
            const shared = arrivals.filter((arrival) =>
              limits.some((each) => {
                const key = keyOf(each, call);
                return key !== undefined && key === keyOf(each, arrival.call);
              }),
            );
            // What left in the very millisecond of the refusal may have left before it.
            expect(shared.filter(({ leftAtMs }) => leftAtMs > fromMs && leftAtMs < untilMs)).toEqual([]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
