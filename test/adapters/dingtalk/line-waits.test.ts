import { describe, expect, it } from 'vitest';
import { createLineWaits, type LineState } from '../../../adapters/dingtalk/line-waits.ts';

const waits = (states: readonly LineState[]): readonly number[] => states.map(createLineWaits(() => 1));
const times = (count: number, state: LineState): readonly LineState[] =>
  Array.from({ length: count }, () => state);

const unopened: LineState = { why: 'unopened', heldMs: 0, last: false };
const brief: LineState = { why: 'over', heldMs: 20, last: false };

describe('the wait before a line’s next attempt', () => {
  it('doubles up to a minute while nothing can be opened', () => {
    expect(waits(times(8, unopened))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('is a minute when a person must mend something', () => {
    expect(waits([{ ...unopened, why: 'refused' }])).toEqual([60_000]);
  });

  it('is a moment after a connection that held, however often that happens', () => {
    const held: LineState = { why: 'over', heldMs: 60_000, last: false };
    expect(waits(times(50, held)).every((waitMs) => waitMs === 50)).toBe(true);
  });

  it('grows to a second when one after another ends at once, also for the last one', () => {
    expect(waits(times(7, brief))).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
    expect(waits(times(7, { ...brief, last: true })).at(-1)).toBe(1_000);
  });

  it('is none after the last one that could receive, unless it had only just been opened', () => {
    expect(waits(times(3, { why: 'over', heldMs: 300, last: true }))).toEqual([0, 0, 0]);
  });

  it('begins anew once a connection was open', () => {
    expect(waits([unopened, unopened, brief, unopened]).at(-1)).toBe(1_000);
  });
});
