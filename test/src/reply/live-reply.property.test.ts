import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallBudget, CallLimit, PlannedCall } from '../../../src/contract/budget.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { ReplyHandle, ReplyTarget } from '../../../src/contract/ids.ts';
import type { ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { createLiveReply, type Delivery } from '../../../src/reply/live-reply.ts';
import { createFakeAdapter, type FakeAdapter } from '../../fakes/adapter.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { silentLog } from '../../fakes/log.ts';

/** One answer: when it begins, after which pauses its words come, and when after the last of them it ends. */
type Story = { readonly beginsMs: number; readonly gapsMs: readonly number[]; readonly endsMs: number };

/** What becomes of one call: how long it takes, when within that the platform counts it, and whether it refuses. */
type Fate = {
  readonly takesMs: number;
  readonly countedPart: number;
  readonly refused: 'rate-limited' | 'told how long' | 'unavailable' | 'lost' | undefined;
};

const usual: Fate = { takesMs: 20, countedPart: 0.5, refused: undefined };

const story: fc.Arbitrary<Story> = fc.record({
  beginsMs: fc.nat(3_000),
  gapsMs: fc.array(fc.oneof(fc.nat(40), fc.nat(1_500)), { minLength: 10, maxLength: 40 }),
  endsMs: fc.nat(500),
});
const fate: fc.Arbitrary<Fate> = fc.record({
  takesMs: fc.oneof(fc.nat(40), fc.nat(1_200)),
  countedPart: fc.double({ min: 0, max: 1, noNaN: true }),
  refused: fc.option(fc.constantFrom('rate-limited', 'told how long', 'unavailable', 'lost'), {
    nil: undefined,
    freq: 6,
  }),
});
const limits: fc.Arbitrary<readonly CallLimit[]> = fc
  .record({ perCard: fc.integer({ min: 2, max: 6 }), perApi: fc.integer({ min: 2, max: 12 }) })
  .map(({ perCard, perApi }) => [
    { per: 'card', calls: perCard, windowMs: 1_000 },
    { per: 'api', calls: perApi, windowMs: 1_000 },
    { per: 'api', calls: perApi * 10, windowMs: 60_000 },
  ]);

type Counted = { readonly call: PlannedCall; readonly atMs: number };
/** One state of a card: the text it got, and all there was to say when the call left. */
type State = { readonly text: string; readonly saidByThen: string };

type Card = { readonly states: State[]; footer: string | undefined };

/** A platform whose calls all pass a budget; closing takes two, as where a card's end and its settings are two calls. */
function platform(
  clock: FakeClock,
  budget: CallBudget,
  fates: readonly Fate[],
  said: (card: string) => string,
) {
  const base = createFakeAdapter();
  const counted: Counted[] = [];
  const cards = new Map<string, Card>();
  const callsOf = new Map<string, number>();

  async function make<Result>(call: PlannedCall, signal: AbortSignal, effect: () => Result): Promise<Result> {
    const number = callsOf.get(call.card ?? '') ?? 0;
    callsOf.set(call.card ?? '', number + 1);
    const { takesMs, countedPart, refused } = fates[number % Math.max(1, fates.length)] ?? usual;
    try {
      return await budget.run(call, signal, async () => {
        const take = refused === undefined || refused === 'lost' ? effect() : undefined;
        counted.push({ call, atMs: clock.now().getTime() + Math.round(takesMs * countedPart) });
        await clock.sleep(takesMs);
        if (refused === 'lost') throw new AdapterError('timeout', 'no answer', { sent: 'maybe' });
        if (refused === 'unavailable') throw new AdapterError('unavailable', 'down');
        if (refused === 'rate-limited') throw new AdapterError('rate-limited', 'too often');
        if (refused === 'told how long')
          throw new AdapterError('rate-limited', 'too often', { retryAfterMs: 2_000 });
        return take as Result;
      });
    } catch (error) {
      if (error instanceof AdapterError && error.code === 'rate-limited')
        budget.slowDown(call, error.retryAfterMs);
      if (!(error instanceof AdapterError)) throw new AdapterError('aborted', 'aborted before it left');
      throw error;
    }
  }

  function cardOf(card: string): Card {
    const known = cards.get(card) ?? { states: [], footer: undefined };
    cards.set(card, known);
    return known;
  }

  function show(card: string, { markdown }: Snapshot): void {
    cardOf(card).states.push({ text: markdown, saidByThen: said(card) });
  }

  function end(card: string, snapshot: Snapshot): void {
    show(card, snapshot);
    cardOf(card).footer = snapshot.footer;
  }

  function sinkOf(card: string): ReplySink {
    let ended: string | undefined;
    return {
      handle: { card } as unknown as ReplyHandle,
      update: (latest, urgency, signal) =>
        make({ api: 'content', urgency, card }, signal, () => show(card, latest())),
      async close({ snapshot }, signal) {
        const final = { urgency: 'final', card } as const;
        // As adapters do: what stands there already is not sent again when only the rest failed.
        if (ended !== JSON.stringify(snapshot))
          await make({ api: 'update', ...final }, signal, () => show(card, snapshot));
        ended = JSON.stringify(snapshot);
        await make({ api: 'settings', ...final }, signal, () => (cardOf(card).footer = snapshot.footer));
      },
    };
  }

  const adapter: FakeAdapter = {
    ...base,
    async openReply({ target, first, whole }, signal) {
      const card = target as unknown as string;
      const sink = sinkOf(card);
      // What is whole at once is one call, as with real platforms.
      const effect = whole === undefined ? () => undefined : () => end(card, first);
      await make({ api: 'open', urgency: 'first', card }, signal, effect);
      return sink;
    },
  };
  return { adapter, counted, cards };
}

async function tell(stories: readonly Story[], fates: readonly Fate[], allowed: readonly CallLimit[]) {
  const clock = createFakeClock();
  const budget = createCallBudget({ limits: allowed, clock });
  const texts = new Map<string, string>();
  const { adapter, counted, cards } = platform(clock, budget, fates, (card) => texts.get(card) ?? '');
  const never = new AbortController().signal;

  async function answer({ beginsMs, gapsMs, endsMs }: Story, index: number): Promise<Delivery> {
    const card = `card ${index}`;
    await clock.sleep(beginsMs);
    const reply = createLiveReply({
      adapter,
      target: card as unknown as ReplyTarget,
      key: card,
      maybeOpen: false,
      resume: [],
      progress: 'thinking',
      runningPreview: '…',
      live: true,
      runningButtons: [],
      refusalNotices: {},
      pace: { level: () => 'free', intervalMs: () => 100 },
      clock,
      random: () => 0.5,
      log: silentLog,
      signal: never,
      onParts: async () => undefined,
      onShown: () => undefined,
      onGone: () => undefined,
    });
    for (const [word, gapMs] of gapsMs.entries()) {
      await clock.sleep(gapMs);
      texts.set(card, `${texts.get(card) ?? ''}${word} `);
      reply.append(`${word} `);
    }
    await clock.sleep(endsMs);
    return reply.finish({ status: 'complete', footer: 'the end', buttons: [] });
  }

  const deliveries = Promise.all(stories.map(answer));
  await clock.advance(3_600_000);
  return { budget, clock, counted, cards, texts, deliveries: await deliveries };
}

const world = [
  fc.array(story, { minLength: 2, maxLength: 12 }),
  fc.array(fate, { maxLength: 30 }),
  limits,
] as const;
const runs = { numRuns: 40 };

describe('whatever the answers, the delays and the refusals', () => {
  it('the last edit is always delivered, with the whole text and what stands below it', async () => {
    await fc.assert(
      fc.asyncProperty(...world, async (stories, fates, allowed) => {
        const { deliveries, cards, texts, clock, budget } = await tell(stories, patient(fates), allowed);
        expect(deliveries).toEqual(stories.map(() => 'delivered'));
        for (let index = 0; index < stories.length; index += 1) {
          const card = cards.get(`card ${index}`);
          expect(card?.states.at(-1)?.text).toBe(texts.get(`card ${index}`) ?? '');
          expect(card?.footer).toBe('the end');
        }
        expect(budget.stats()).toMatchObject({ inFlight: 0, waiting: { final: 0, first: 0, live: 0 } });
        expect(clock.sleeping()).toBe(0);
      }),
      runs,
    );
  });

  it('each edit shows the newest text there is when its call leaves', async () => {
    await fc.assert(
      fc.asyncProperty(...world, async (stories, fates, allowed) => {
        const { cards } = await tell(stories, patient(fates), allowed);
        for (const { states } of cards.values())
          for (const { text, saidByThen } of states) expect(text).toBe(saidByThen);
      }),
      runs,
    );
  });

  it('no window exceeds any limit, however the platform counts and refuses', async () => {
    await fc.assert(
      fc.asyncProperty(...world, async (stories, fates, allowed) => {
        const { counted } = await tell(stories, patient(fates), allowed);
        for (const { per, calls, windowMs } of allowed) {
          const groups = Map.groupBy(counted, ({ call }) => (per === 'card' ? call.card : call.api));
          for (const group of groups.values())
            for (const { atMs: from } of group)
              expect(
                group.filter(({ atMs }) => atMs >= from && atMs < from + windowMs).length,
              ).toBeLessThanOrEqual(calls);
        }
      }),
      runs,
    );
  });
});

/** At least every other call of a reply gets through: to a platform that takes nothing, nothing can be delivered. */
function patient(fates: readonly Fate[]): readonly Fate[] {
  return fates.flatMap((each) => [each, { ...each, refused: undefined }]);
}
