import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace } from '../../../src/reply/pace.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const dayMs = 24 * 60 * 60_000;
const daysInMonth = 30;
/** A reply is opened by two calls and closed by two. */
const callsOfAnEnd = 4;

/** A month of answers, spread evenly over working hours; gives back how many edits were made, and what was used when. */
async function liveMonth(monthlyCalls: number, answersPerDay: number, answerMs: number) {
  const clock = createFakeClock(new Date('2026-11-01T00:00:00Z'));
  const startMs = clock.now().getTime();
  let month = 0;
  const pace = createPace({
    platform: 'chat',
    ledger: {
      use: () => {
        const passed = Math.max(1, clock.now().getTime() - startMs) / (daysInMonth * dayMs);
        return { today: 0, month, forecast: Math.round(month / passed) };
      },
    },
    clock,
    updateIntervalMs: 500,
    monthlyCalls,
    onLevel: () => undefined,
  });
  let edits = 0;
  let lateEdits = 0;
  for (let day = 0; day < daysInMonth; day += 1) {
    await clock.advance(dayMs / 3);
    for (let answer = 0; answer < answersPerDay; answer += 1) {
      const betweenMs = dayMs / 3 / answersPerDay;
      month += callsOfAnEnd;
      const live = pace.level() !== 'final-only';
      let own = 0;
      for (let atMs = pace.intervalMs(0); live && atMs < answerMs; atMs += pace.intervalMs(own)) {
        own += 1;
        month += 1;
        if (month > monthlyCalls * 0.9) lateEdits += 1;
      }
      edits += own;
      await clock.advance(betweenMs);
    }
    await clock.advance(dayMs / 3);
  }
  return { edits, lateEdits, month };
}

describe('whatever a month brings', () => {
  it('edits leave the last tenth of its calls to the ends of answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 500, max: 20_000 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 2_000, max: 120_000 }),
        async (monthlyCalls, answersPerDay, answerMs) => {
          const { lateEdits, month } = await liveMonth(monthlyCalls, answersPerDay, answerMs);
          // The answer that is growing when the line is crossed goes on, ever more slowly.
          expect(lateEdits).toBeLessThanOrEqual(30);
          const ends = daysInMonth * answersPerDay * callsOfAnEnd;
          if (ends <= monthlyCalls / 10) expect(month).toBeLessThanOrEqual(monthlyCalls);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('answers grow live to the end of a month whose traffic the calls suffice for', async () => {
    // Two thousand answers of twenty seconds, as a professional edition's 200,000 calls allow many times.
    const { edits } = await liveMonth(200_000, 67, 20_000);
    expect(edits / (67 * daysInMonth)).toBeGreaterThan(5);
  });
});
