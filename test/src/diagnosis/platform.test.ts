import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Adapter, Check } from '../../../src/contract/adapter.ts';
import { platformChecks } from '../../../src/diagnosis/platform-checks.ts';
import { createReport, plainForm } from '../../../src/diagnosis/report.ts';
import { createFakeAdapter } from '../../fakes/adapter.ts';
import { createHurriedClock } from '../model/support.ts';

const never = new AbortController().signal;

function adapterWith(probe: Adapter['probe']): Adapter {
  return { ...createFakeAdapter(), probe };
}

async function reported(adapter: Adapter, clock = systemClock, running = true): Promise<string[]> {
  const report = createReport(plainForm, 'zh');
  const lines: string[] = [];
  for await (const { code, result } of platformChecks(adapter, { clock, running }, never))
    lines.push(...report.add({ type: 'done', subject: { part: 'platform', id: 'fake' }, code, result }));
  return [...lines, ...report.conclude()];
}

const check = (more: Partial<Check>): Adapter['probe'] =>
  async function* () {
    yield { code: 'credentials', state: 'passed', durationMs: 4, evidence: 'token', ...more };
  };

describe('checks of a platform', () => {
  it('name the permissions that are missing as the console does, with the page', async () => {
    const lines = await reported(
      adapterWith(
        check({
          code: 'permission',
          state: 'failed',
          evidence: 'message.get forbidden 99991672',
          missing: ['im:message:readonly'],
          link: 'https://console.example/auth',
        }),
      ),
    );
    const text = lines.join('\n');
    expect(text).toContain('✗ 权限 · 4 ms · message.get forbidden 99991672');
    expect(text).toContain('缺少：im:message:readonly');
    expect(text).toContain('https://console.example/auth');
    expect(lines.at(-1)).toMatch(/^现在要做的一件事：缺少权限。请在控制台开通/);
  });

  it('tell a platform that is not reached from one that refuses', async () => {
    const refused = await reported(adapterWith(check({ state: 'failed', evidence: 'unauthorized 10014' })));
    expect(refused.at(-1)).toContain('平台不接受应用凭证');
    const unreached = await reported(adapterWith(check({ state: 'failed', evidence: 'unavailable' })));
    expect(unreached.at(-1)).toContain('HTTPS_PROXY');
  });

  it('end when the platform never answers', async () => {
    const hanging = adapterWith(async function* (signal) {
      yield { code: 'credentials', state: 'passed', durationMs: 1, evidence: 'token' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const lines = await reported(hanging, createHurriedClock(300));
    expect(lines.at(-1)).toContain('连不上聊天平台');
  });

  it('that decide nothing are counted, not shown as passed', async () => {
    const lines = await reported(adapterWith(check({ code: 'webhook', state: 'unknown' })));
    expect(lines).toContain('  ? 回调 · 4 ms · token');
    expect(lines.at(-1)).toContain('有 1 项无法确认');
  });
});
