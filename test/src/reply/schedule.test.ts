import { describe, expect, it } from 'vitest';
import type { CallLimit } from '../../../src/contract/budget.ts';
import { idealPeriodMs, lagOf, watchCrowd, type Edit } from './crowd.ts';

/** What Feishu documents for the API that carries a card's text. */
const limits: readonly CallLimit[] = [
  { per: 'api', calls: 50, windowMs: 1_000 },
  { per: 'api', calls: 1_000, windowMs: 60_000 },
  { per: 'card', calls: 10, windowMs: 1_000 },
];
const callMs = 20;

/** How often a lag is looked at; no multiple of any interval. */
const everyMs = 47;

const watch = (replies: number, forMs: number): Promise<readonly Edit[]> =>
  watchCrowd({ replies, limits, intervalMs: 100, callMs, forMs });

/** How much later words are seen than with an ideal round robin, whose words wait for half its period on average. */
function lagBesideIdeal(edits: readonly Edit[], periodMs: number, fromMs: number, toMs: number) {
  const lag = lagOf(edits, { fromMs, toMs, everyMs });
  return {
    mean: lag.meanMs / (periodMs / 2 + callMs),
    p95: lag.p95Ms / (periodMs * 0.95 + callMs),
  };
}

describe('replies that go on for minutes', () => {
  it.each([1, 8, 200, 1_000])('%i of them lag at most 1.1 times an ideal round robin', async (replies) => {
    const periodMs = idealPeriodMs(replies, limits);
    const edits = await watch(replies, 120_000 + 3 * periodMs);
    const lag = lagBesideIdeal(edits, periodMs, 120_000, 120_000 + 1.9 * periodMs);
    expect(lag.mean).toBeLessThan(1.1);
    expect(lag.p95).toBeLessThan(1.1);
  });

  it('gives each of two hundred an edit about every twelve seconds', async () => {
    const edits = await watch(200, 240_000);
    for (const own of Map.groupBy(edits, ({ reply }) => reply).values()) {
      const times = own.map(({ leftAtMs }) => leftAtMs).filter((atMs) => atMs > 60_000);
      const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThan(11_000);
      expect(Math.max(...gaps)).toBeLessThan(14_000);
    }
  });
});

describe('the first minute, when nothing is counted yet', () => {
  it('lets up to eight short answers go at all that a second permits', async () => {
    for (const replies of [1, 2, 8]) {
      const edits = await watch(replies, 4_000);
      // Ten a second for a card, fifty for all; a tenth of a second may be lost to rhythm.
      const lag = lagBesideIdeal(edits, Math.max(100, replies * 20), 0, 3_700);
      expect(lag.mean).toBeLessThan(1.2);
      expect(lag.p95).toBeLessThan(1.2);
    }
  });

  it.each([
    [50, 1.15],
    [200, 1.25],
  ])('spreads the edits of %i from the beginning, for they will need all of it', async (replies, factor) => {
    const lag = lagBesideIdeal(await watch(replies, 120_000), idealPeriodMs(replies, limits), 0, 60_000);
    expect(lag.mean).toBeLessThan(factor);
    expect(lag.p95).toBeLessThan(factor);
  });

  it('never stands still for a second once a few have used half of it', async () => {
    for (const replies of [2, 8, 16]) {
      const times = (await watch(replies, 120_000)).map(({ leftAtMs }) => leftAtMs).toSorted((a, b) => a - b);
      const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(250);
    }
  });

  it('shows the first words of nearly all of a thousand as fast as a second permits', async () => {
    const edits = await watch(1_000, 30_000);
    const firsts = [...Map.groupBy(edits, ({ reply }) => reply).values()].map(
      ([first]) => first?.leftAtMs ?? Infinity,
    );
    // A few edits go between, so that nobody starves: the last of a thousand firsts find the minute used up.
    expect(firsts.filter((atMs) => atMs < 20_000 * 1.05).length).toBeGreaterThan(970);
  });
});
