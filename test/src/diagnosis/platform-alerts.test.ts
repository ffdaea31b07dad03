import { describe, expect, it } from 'vitest';
import type { AdapterId } from '../../../src/contract/ids.ts';
import { createPlatformAlerts } from '../../../src/diagnosis/platform-alerts.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { silentLog } from '../../fakes/core.ts';

const adapter = 'chat-bot' as AdapterId;

function stage() {
  const told: string[] = [];
  const clock = createFakeClock();
  const alerts = createPlatformAlerts({
    tell: async (text) => void told.push(text),
    language: 'zh',
    clock,
    log: silentLog,
    signal: new AbortController().signal,
  });
  return { told, clock, alerts };
}

describe('administrators', () => {
  it('hear once of a second login, and again when it still happens hours later', async () => {
    const { told, clock, alerts } = stage();
    for (let times = 0; times < 5; times += 1) {
      alerts.notice({ type: 'notice', adapter, code: 'displaced', evidence: 'kicked' });
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('chat-bot');
    expect(told[0]).toContain('别处登录');
    await clock.advance(7 * 60 * 60_000);
    alerts.notice({ type: 'notice', adapter, code: 'displaced', evidence: 'kicked' });
    expect(told).toHaveLength(2);
  });

  it('hear of each kind by itself, but not of a group that took the bot out', () => {
    const { told, alerts } = stage();
    alerts.notice({ type: 'notice', adapter, code: 'quota-exceeded', evidence: '' });
    alerts.notice({ type: 'notice', adapter, code: 'pushes-exceeded', evidence: '' });
    alerts.notice({ type: 'notice', adapter, code: 'removed-from-chat', evidence: '' });
    alerts.pace(adapter, 'tight');
    alerts.pace(adapter, 'free');
    expect(told).toHaveLength(3);
  });
});
