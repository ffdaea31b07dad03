import { describe, expect, it } from 'vitest';
import { createPatience } from '../../../src/model/patience.ts';
import { readRetryAfter } from '../../../src/model/response-text.ts';
import { createRunawayGuard } from '../../../src/model/runaway.ts';
import { alwaysThinks, createThinkHabits } from '../../../src/model/think-habits.ts';
import { createFakeClock } from '../../fakes/clock.ts';

describe('the runaway guard', () => {
  const feed = (text: string, size = 7): string | undefined => {
    const guard = createRunawayGuard();
    for (let at = 0; at < text.length; at += size) {
      const verdict = guard.add(text.slice(at, at + size));
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  };

  it('stops a loop of a word, a sentence or a paragraph', () => {
    expect(feed('哈'.repeat(10_000))).toBeDefined();
    expect(feed('I am sorry, I cannot. '.repeat(500))).toBeDefined();
    expect(
      feed(
        `Some good beginning. ${Array.from({ length: 90 }, (_, index) => `word${index} `)
          .join('')
          .repeat(20)}`,
      ),
    ).toBeDefined();
  });

  it('lets long, repetitive but changing text pass', () => {
    expect(
      feed(Array.from({ length: 2_000 }, (_, index) => `| ${index} | row ${index * 7} | ok |\n`).join('')),
    ).toBeUndefined();
    expect(feed('-'.repeat(2_000))).toBeUndefined();
  });

  it('stops at 400,000 characters', () => {
    expect(feed(Array.from({ length: 80_000 }, (_, index) => `${index} `).join(''), 1000)).toMatch(/400000/);
  });
});

describe('patience', () => {
  it('ends after the limit, prolonged by every wait and held by rest', async () => {
    const clock = createFakeClock();
    let ended = false;
    const patience = createPatience(clock, 1000, () => (ended = true));
    patience.wait();
    await clock.advance(900);
    patience.wait();
    await clock.advance(900);
    patience.rest();
    await clock.advance(5_000);
    expect(ended).toBe(false);
    patience.wait();
    await clock.advance(999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(ended).toBe(true);
    expect(clock.sleeping()).toBe(0);
  });

  it('leaves no sleep behind when it is stopped', async () => {
    const clock = createFakeClock();
    const patience = createPatience(clock, 1000, () => undefined);
    patience.wait();
    patience.stop();
    await clock.settle();
    expect(clock.sleeping()).toBe(0);
  });
});

describe('thinking habits', () => {
  it('are guessed from the name', () => {
    const habits = createThinkHabits();
    expect(habits.opens('Qwen/Qwen3-4B-Thinking-2507', undefined)).toBe(true);
    expect(habits.opens('Qwen/Qwen3-4B-Instruct-2507', true)).toBe(false);
    expect(habits.opens('Qwen3.5-35B-A3B', undefined)).toBe(true);
    expect(habits.opens('Qwen3.5-35B-A3B', false)).toBe(false);
    expect(habits.opens('Qwen3.5-0.8B', undefined)).toBe(false);
    expect(alwaysThinks('qwen3-non-thinking')).toBe(false);
  });

  it('are corrected by what is seen', () => {
    const habits = createThinkHabits();
    habits.learn('Qwen3.6-27B', undefined, 'field');
    expect(habits.opens('Qwen3.6-27B', undefined)).toBe(false);
    habits.learn('house-model', true, 'close-only');
    expect(habits.opens('house-model', true)).toBe(true);
    expect(habits.opens('house-model', false)).toBe(false);
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-11-20T08:00:00Z');
  it.each([
    ['3', 3_000],
    ['Fri, 20 Nov 2026 08:00:10 GMT', 10_000],
    ['Fri, 20 Nov 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s', (header, milliseconds) => {
    expect(readRetryAfter(header, now)).toBe(milliseconds);
  });
});
