import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createFakeClock } from '../fakes/clock.ts';

const AN_HOUR_MS = 3_600_000;

describe('the system clock', () => {
  it('ends a sleep after its time and leaves no listener behind', async () => {
    const ending = new AbortController();
    const before = performance.now();
    await systemClock.sleep(20, ending.signal);
    expect(performance.now() - before).toBeGreaterThanOrEqual(18);
    expect(getEventListeners(ending.signal, 'abort')).toEqual([]);
  });

  it('ends a sleep as soon as the signal aborts, without rejecting', async () => {
    const ending = new AbortController();
    const sleep = systemClock.sleep(AN_HOUR_MS, ending.signal);
    ending.abort(new Error('enough'));
    await expect(sleep).resolves.toBeUndefined();
    expect(getEventListeners(ending.signal, 'abort')).toEqual([]);
  });

  it('does not sleep at all when the signal had already aborted', async () => {
    await expect(systemClock.sleep(AN_HOUR_MS, AbortSignal.abort())).resolves.toBeUndefined();
  });

  it('does not take a time longer than a timer can hold for no time at all', async () => {
    const ending = new AbortController();
    const sleep = systemClock.sleep(Number.MAX_SAFE_INTEGER, ending.signal).then(() => 'ended');
    expect(await Promise.race([sleep, systemClock.sleep(10).then(() => 'still asleep')])).toBe(
      'still asleep',
    );
    ending.abort();
    expect(await sleep).toBe('ended');
  });
});

describe('the fake clock', () => {
  it('ends sleeps in the order of their times, with the time they asked for', async () => {
    const clock = createFakeClock(new Date(0));
    const woken: [string, number][] = [];
    void clock.sleep(300).then(() => woken.push(['late', clock.now().getTime()]));
    void clock.sleep(100).then(async () => {
      woken.push(['early', clock.now().getTime()]);
      await clock.sleep(50);
      woken.push(['again', clock.now().getTime()]);
    });
    await clock.advance(299);
    expect(woken).toEqual([
      ['early', 100],
      ['again', 150],
    ]);
    await clock.advance(1);
    expect(woken.at(-1)).toEqual(['late', 300]);
    expect(clock.sleeping()).toBe(0);
  });

  it('ends a sleep on abort and forgets it', async () => {
    const clock = createFakeClock();
    const ending = new AbortController();
    const sleep = clock.sleep(AN_HOUR_MS, ending.signal);
    ending.abort();
    await sleep;
    expect(clock.sleeping()).toBe(0);
    expect(getEventListeners(ending.signal, 'abort')).toEqual([]);
  });
});
