import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createCallLedger } from '../../../src/reply/call-ledger.ts';
import { createPace, type PaceLevel } from '../../../src/reply/pace.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';

const dayMs = 24 * 60 * 60_000;
const folders: string[] = [];
const stores: Store[] = [];

async function storeIn(
  clock: FakeClock,
  folder = mkdtempSync(join(tmpdir(), 'bridge-ledger-')),
): Promise<Store> {
  folders.push(folder);
  const store = await openStore({ file: join(folder, 'bridge.db') }, clock);
  stores.push(store);
  return store;
}

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('the ledger of calls', () => {
  it('counts the day and the month in the service’s time zone, and forecasts', async () => {
    const clock = createFakeClock(new Date('2026-11-10T15:30:00Z')); // 23:30 in Shanghai
    const ledger = await createCallLedger((await storeIn(clock)).calls, clock, 'Asia/Shanghai');
    for (let call = 0; call < 100; call += 1) ledger.count('chat', 'edit');
    expect(ledger.use('chat')).toMatchObject({ today: 100, month: 100 });
    expect(ledger.use('chat').forecast).toBeGreaterThan(290);
    expect(ledger.use('chat').forecast).toBeLessThan(310);
    await clock.advance(60 * 60_000); // past midnight there
    ledger.count('chat', 'edit');
    expect(ledger.use('chat')).toMatchObject({ today: 1, month: 101 });
    expect(ledger.use('other')).toMatchObject({ today: 0, month: 0 });
    await clock.advance(25 * dayMs);
    expect(ledger.use('chat')).toMatchObject({ today: 0, month: 0 });
  });

  it('is remembered over a restart', async () => {
    const clock = createFakeClock();
    const store = await storeIn(clock);
    const first = await createCallLedger(store.calls, clock, 'UTC');
    first.count('chat', 'edit');
    first.count('chat', 'send');
    await first.flush();
    first.count('chat', 'edit');
    await first.flush();
    const second = await createCallLedger(store.calls, clock, 'UTC');
    expect(second.use('chat')).toMatchObject({ today: 3, month: 3 });
  });
});

describe('the pace of edits', () => {
  function paceWith(month: number, monthlyCalls: number | undefined, forecast = month) {
    const use = { today: 0, month, forecast };
    const changes: PaceLevel[] = [];
    const clock = createFakeClock();
    const pace = createPace({
      platform: 'chat',
      ledger: { use: () => use },
      clock,
      updateIntervalMs: 200,
      monthlyCalls,
      onLevel: (level) => changes.push(level),
    });
    return { pace, use, clock, changes };
  }

  it('is the platform’s own without a quota', () => {
    const { pace } = paceWith(1_000_000, undefined);
    expect([0, 5, 500].map((edits) => pace.intervalMs(edits))).toEqual([200, 200, 200]);
  });

  it('with a quota starts quick and slows down, so that a long answer costs few calls', () => {
    const { pace } = paceWith(0, 5_000);
    const intervals = Array.from({ length: 60 }, (_, edits) => pace.intervalMs(edits));
    expect(intervals[0]).toBeLessThanOrEqual(500);
    intervals.forEach((interval, index) =>
      expect(interval).toBeGreaterThanOrEqual(intervals[index - 1] ?? 0),
    );
    let at = 0;
    const within30s = intervals.filter((interval) => (at += interval) <= 30_000).length;
    expect(within30s).toBeGreaterThan(6);
    expect(within30s).toBeLessThan(20);
  });

  it.each([
    [4_000, 4_100, 'tight'],
    [600, 9_000, 'tight'],
    [100, 90_000, 'thrifty'],
    [4_600, 4_700, 'final-only'],
  ] as const)('%i of 5,000 calls used with a forecast of %i: %s', (month, forecast, level) => {
    expect(paceWith(month, 5_000, forecast).pace.level()).toBe(level);
  });

  it('shows only ends at once when the platform says the quota is used up, also without a setting, and says so', async () => {
    const { pace, clock, changes } = paceWith(0, undefined);
    expect(pace.level()).toBe('free');
    pace.exhausted();
    expect(pace.level()).toBe('final-only');
    expect(changes).toEqual(['final-only']);
    await clock.advance(7 * 60 * 60_000);
    expect(pace.level()).toBe('free');
  });
});
