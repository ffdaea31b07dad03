import { describe, expect, it } from 'vitest';
import { disconnectOften } from './dingtalk-disconnects.ts';
import { reconnectOften } from './dingtalk-reconnects.ts';

/** `node test/faults/dingtalk-line.ts` does the same hundreds of times and prints the figures. */
describe('DingTalk’s connections, broken while messages come in', () => {
  it.each(['sent-away', 'cut'] as const)(
    'lose no message, and are there again within three seconds: %s',
    async (how) => {
      const { lost, undeliverable, said, gapMs } = await disconnectOften({ how, times: 10 });
      expect({ lost, undeliverable }).toEqual({ lost: 0, undeliverable: 0 });
      expect(said).toBeGreaterThan(20);
      expect(gapMs.p99).toBeLessThan(3_000);
    },
    120_000,
  );

  it('lose nothing that was delivered, and come back, when all of them break at once', async () => {
    const { lost, gapMs } = await disconnectOften({ how: 'all-cut', times: 5 });
    expect(lost).toBe(0);
    expect(gapMs.p99).toBeLessThan(3_000);
  }, 120_000);

  it('leave nothing behind, however they end', async () => {
    const { before, after, warnings } = await reconnectOften(90);
    const { timers, ...grown } = after;
    for (const kind of Object.keys(grown) as (keyof typeof grown)[]) {
      expect([kind, grown[kind]]).toEqual([kind, Math.min(grown[kind], before[kind])]);
    }
    // The test runner has timers of its own.
    expect(timers).toBeLessThan(before.timers + 10);
    expect(warnings).toEqual([]);
  }, 120_000);
});
