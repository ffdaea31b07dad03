import { describe, expect, it } from 'vitest';
import { AdapterError, type AdapterErrorCode } from '../../../src/contract/errors.ts';
import { limitedPatienceMs, patienceMs, persist } from '../../../src/reply/persist.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { silentLog } from '../../fakes/log.ts';

const minuteMs = 60_000;

/** A platform that refuses everything until then. */
function tryUntil(takenAtMs: number, code: AdapterErrorCode, retryAfterMs?: number) {
  const clock = createFakeClock();
  const startMs = clock.now().getTime();
  const stop = new AbortController();
  const triedAtMs: number[] = [];
  const work = async (): Promise<string> => {
    const atMs = clock.now().getTime() - startMs;
    triedAtMs.push(atMs);
    if (atMs >= takenAtMs) return 'shown';
    throw new AdapterError(code, 'no', retryAfterMs === undefined ? {} : { retryAfterMs });
  };
  const options = { clock, random: () => 0.5, log: silentLog, signal: stop.signal, step: 'close' };
  const outcome = persist(options, work).catch((error: unknown) => (error as AdapterError).code);
  return { clock, stop, triedAtMs, outcome };
}

describe('a last edit that the platform does not take', () => {
  it('is delivered after an outage of minutes', async () => {
    const { clock, outcome } = tryUntil(9 * minuteMs, 'unavailable');
    await clock.advance(patienceMs);
    expect(await outcome).toBe('shown');
  });

  it('is given up when the outage outlasts all patience', async () => {
    const { clock, outcome } = tryUntil(Infinity, 'unavailable');
    await clock.advance(patienceMs);
    expect(await outcome).toBe('unavailable');
  });

  it('is delivered after an hour of "too often", with few tries', async () => {
    const { clock, outcome, triedAtMs } = tryUntil(60 * minuteMs, 'rate-limited');
    await clock.advance(limitedPatienceMs);
    expect(await outcome).toBe('shown');
    expect(triedAtMs.length).toBeLessThan(25);
  });

  it('is tried again soon, and ever less often', async () => {
    const { clock, triedAtMs, stop } = tryUntil(Infinity, 'rate-limited');
    await clock.advance(10_000);
    expect(triedAtMs).toEqual([0, 500, 1_500, 3_500, 7_500]);
    stop.abort();
    await clock.settle();
  });

  it('is delivered after a ban as long as patience for an outage, of which the platform told', async () => {
    const { clock, outcome, triedAtMs } = tryUntil(10 * minuteMs, 'rate-limited', 10 * minuteMs);
    await clock.advance(11 * minuteMs);
    expect(await outcome).toBe('shown');
    expect(triedAtMs).toHaveLength(2);
  });

  it('does not believe that it has to wait for a day', async () => {
    const { clock, outcome } = tryUntil(1_000, 'rate-limited', 86_400_000);
    await clock.advance(11 * minuteMs);
    expect(await outcome).toBe('shown');
  });

  it('is not tried again when that cannot help, nor when the process ends', async () => {
    const hopeless = tryUntil(1_000, 'target-gone');
    await hopeless.clock.settle();
    expect(await hopeless.outcome).toBe('target-gone');
    const ending = tryUntil(10_000, 'unavailable');
    await ending.clock.advance(1_000);
    ending.stop.abort();
    await ending.clock.settle();
    expect(await ending.outcome).toBe('unavailable');
    expect(hopeless.triedAtMs).toHaveLength(1);
    expect(ending.triedAtMs).toEqual([0, 500, 1_000]);
  });
});
