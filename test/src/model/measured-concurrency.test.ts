import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createMeasuredConcurrency,
  leastConcurrency,
  mostConcurrency,
} from '../../../src/model/measured-concurrency.ts';
import { createRandom } from '../../simulators/qwen/ticker.ts';
import { type EngineKind, simulateEngine, type Stretch } from './simulated-engine.ts';

const minute = 60_000;
const kinds: readonly EngineKind[] = ['silent', 'publishing', 'refusing'];

/** Within half of the true capacity; a place more or less is the least that can be tried. */
function expectNear({ limit, worked, least, most }: Stretch, capacity: number): void {
  expect(Math.abs(limit - capacity)).toBeLessThanOrEqual(Math.max(1, capacity / 2));
  expect(worked).toBeGreaterThanOrEqual(0.7 * capacity);
  expect(least).toBeGreaterThanOrEqual(leastConcurrency);
  expect(most).toBeLessThanOrEqual(mostConcurrency);
}

const fresh = (start = 16) => createMeasuredConcurrency(start, () => undefined);
const calm = { firstTokenMs: 300, durationMs: 8_000 };
/** Half of its time in the engine's queue. */
const crowded = { firstTokenMs: 8_300, durationMs: 16_000 };

describe.each(kinds)('the measured concurrency of a %s engine', (kind) => {
  it('comes near the true capacity, follows it down and up again, and leaves no place idle', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 64 }),
        fc.integer(),
        (capacity, later, seed) => {
          const engine = simulateEngine({ capacity, kind, random: createRandom(seed) });
          engine.run(25 * minute);
          expectNear(engine.run(15 * minute), capacity);
          engine.setCapacity(later);
          engine.run(25 * minute);
          expectNear(engine.run(15 * minute), later);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('gets through the beginning without standing still', () => {
    const engine = simulateEngine({ capacity: 4, kind, random: createRandom(7) });
    expect(engine.run(3 * minute).worked).toBeGreaterThanOrEqual(0.7 * 4);
  });

  it('stays where it is while nobody needs more', () => {
    const engine = simulateEngine({ capacity: 40, kind, random: createRandom(7) });
    engine.setDemand(5);
    expect(engine.run(30 * minute)).toMatchObject({ least: 16, most: 16 });
  });
});

describe('the measured concurrency', () => {
  it('is cut to what the engine really ran when it shows its queue, by half at most', () => {
    const concurrency = fresh(16);
    concurrency.engineSays({ running: 12, waiting: 4 }, 16);
    expect(concurrency.limit).toBe(12);
    concurrency.engineSays({ running: 1, waiting: 11 }, 12);
    expect(concurrency.limit).toBe(6);
  });

  it('gives way to other clients by its share only, and not to a queue that is not its own', () => {
    const concurrency = fresh(16);
    concurrency.engineSays({ running: 16, waiting: 8 }, 16);
    expect(concurrency.limit).toBe(11);
    concurrency.engineSays({ running: 16, waiting: 50 }, 11);
    expect(concurrency.limit).toBe(11);
  });

  it('does not grow into a queue', () => {
    const concurrency = fresh(2);
    const eight = (): void => {
      for (let answer = 0; answer < 8; answer += 1) concurrency.sent(concurrency.limit).answered(calm);
    };
    concurrency.engineSays({ running: 9, waiting: 5 }, 2);
    eight();
    expect(concurrency.limit).toBe(2);
    concurrency.engineSays(undefined, 2);
    eight();
    expect(concurrency.limit).toBe(3);
  });

  it('is cut once for one crowd, however many were sent into it', () => {
    const concurrency = fresh(16);
    const all = Array.from({ length: 16 }, (_, index) => concurrency.sent(index + 1));
    for (const sent of all) sent.refused();
    expect(concurrency.limit).toBe(8);
  });

  it('takes a slow first token for a crowd only where it is a good part of the answer', () => {
    const concurrency = fresh(8);
    concurrency.sent(1).answered(calm);
    for (let answer = 0; answer < 20; answer += 1)
      concurrency.sent(4).answered({ firstTokenMs: 1_800, durationMs: 12_000 });
    expect(concurrency.limit).toBe(8);
    for (let answer = 0; answer < 8; answer += 1) concurrency.sent(8).answered(crowded);
    expect(concurrency.limit).toBeLessThan(8);
  });

  it('believes an engine that shows its queue rather than its first tokens', () => {
    const concurrency = fresh(8);
    concurrency.sent(1).answered(calm);
    concurrency.engineSays({ running: 8, waiting: 0 }, 8);
    for (let answer = 0; answer < 16; answer += 1) concurrency.sent(7).answered(crowded);
    expect(concurrency.limit).toBe(8);
    concurrency.engineSays({ running: 8 }, 8);
    for (let answer = 0; answer < 8; answer += 1) concurrency.sent(7).answered(crowded);
    expect(concurrency.limit).toBeLessThan(8);
  });

  it('takes silence until the deadline for the longest wait', () => {
    const concurrency = fresh(8);
    for (let question = 0; question < 8; question += 1) concurrency.sent(8).unanswered(60_000);
    expect(concurrency.limit).toBe(4);
  });

  it('learns nothing from answers that come in one piece', () => {
    const concurrency = fresh(2);
    for (let answer = 0; answer < 30; answer += 1)
      concurrency
        .sent(2)
        .answered({ firstTokenMs: 5_000 + answer * 1_000, durationMs: 5_000 + answer * 1_000 });
    expect(concurrency.limit).toBe(2);
  });

  it('never leaves its bounds, nor what the engine has at most', () => {
    const concurrency = fresh(1);
    for (let refusal = 0; refusal < 5; refusal += 1) concurrency.sent(1).refused();
    expect(concurrency.limit).toBe(leastConcurrency);
    concurrency.restart(1_000);
    for (let answer = 0; answer < 50; answer += 1) concurrency.sent(256).answered(calm);
    expect(concurrency.limit).toBe(mostConcurrency);
    concurrency.restart(4, 4);
    for (let answer = 0; answer < 50; answer += 1) concurrency.sent(4).answered(calm);
    expect(concurrency.limit).toBe(4);
  });

  it('says when it has changed, and only then', () => {
    const seen: number[] = [];
    const concurrency = createMeasuredConcurrency(4, () => seen.push(concurrency.limit));
    concurrency.restart(4);
    concurrency.sent(4).refused();
    concurrency.restart(6, 8);
    expect(seen).toEqual([3, 6]);
  });
});
