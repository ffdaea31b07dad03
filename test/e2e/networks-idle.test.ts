import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Adapter } from '../../src/contract/adapter.ts';
import { createDingTalkHarness } from '../contract/dingtalk-harness.ts';
import { createFeishuHarness } from '../contract/feishu-harness.ts';
import type { Harness } from '../contract/harness.ts';
import { createSurroundings, type Surroundings } from '../contract/surroundings.ts';
import { createWeComHarness } from '../contract/wecom-harness.ts';
import { startDingTalkSimulator } from '../simulators/dingtalk/simulator.ts';
import { startFeishuSimulator, type FeishuSimulator } from '../simulators/feishu/simulator.ts';
import { companyName, createCompanyNetwork } from '../simulators/network/company-network.ts';
import { startForwardProxy } from '../simulators/network/forward-proxy.ts';
import { reachingPlatforms } from '../simulators/network/platforms.ts';
import { startWeComSimulator } from '../simulators/wecom/simulator.ts';
import { startPlatformBridge } from './platform-bridge.ts';

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const minuteMs = 60_000;
const dayMs = 24 * 60 * 60_000;

/**
 * Time for the adapter and the simulated platform alike; sockets are real. Each step lets them work, so it is no longer
 * than the time between two signs of life.
 */
function surroundings(stepMs: number): Surroundings {
  const here = createSurroundings({ stepMs, waitMs: 1, patienceMs: dayMs, idleMs: 40 });
  ending.push(() => here.stop());
  return here;
}

async function startAdapter(harness: Harness, here: Surroundings): Promise<Adapter> {
  const adapter = await harness.createAdapter(here.deps);
  ending.push(() => adapter.stop());
  await adapter.start(async () => ({ outcome: 'accepted' }));
  const giveUpAt = Date.now() + 20_000;
  while (adapter.health().state !== 'up' && Date.now() < giveUpAt) await wait(5);
  expect(adapter.health().state).toBe('up');
  return adapter;
}

function countOf(calls: readonly { readonly api: string }[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { api } of calls) counts[api] = (counts[api] ?? 0) + 1;
  return counts;
}

describe('a day on which nobody asks anything costs', () => {
  it('on Feishu a token, the bot’s name and an address, once', async () => {
    const here = surroundings(20_000);
    const feishu = await startFeishuSimulator({ clock: here.clock });
    ending.push(() => feishu.stop());
    const adapter = await startAdapter(createFeishuHarness(feishu, 'ws'), here);
    for (let passedMs = 0; passedMs < dayMs; passedMs += minuteMs) {
      await pushSomethingUseless(feishu);
      await here.pass(minuteMs);
    }
    expect(adapter.health()).toMatchObject({ state: 'up', reconnects: 0 });
    expect(countOf(feishu.calls())).toEqual({
      'auth.tenantAccessToken.internal': 1,
      'bot.info': 1,
      'ws.endpoint': 1,
    });
  });

  it('on DingTalk a token, and an address for each of two connections', async () => {
    const here = surroundings(20_000);
    const dingtalk = await startDingTalkSimulator({ clock: here.clock });
    ending.push(() => dingtalk.stop());
    const adapter = await startAdapter(
      createDingTalkHarness(dingtalk, { mode: 'stream', cards: false }),
      here,
    );
    await here.pass(dayMs);
    expect(adapter.health()).toMatchObject({ state: 'up', reconnects: 0 });
    expect(countOf(dingtalk.calls())).toEqual({ 'oauth2.accessToken': 1, 'gateway.open': 2 });
  });

  it('on WeCom nothing but pings for the AI bot', async () => {
    const here = surroundings(30_000);
    const wecom = await startWeComSimulator({ clock: here.clock });
    ending.push(() => wecom.stop());
    const adapter = await startAdapter(createWeComHarness(wecom, 'bot'), here);
    await here.pass(dayMs);
    expect(adapter.health()).toMatchObject({ state: 'up', reconnects: 0 });
    const { ping, ...rest } = countOf(wecom.calls());
    expect(ping).toBeGreaterThan(2_000);
    expect(rest).toEqual({ aibot_subscribe: 1 });
  });

  it('on WeCom a token and a look at the app for the self-built app', async () => {
    const here = surroundings(10 * minuteMs);
    const wecom = await startWeComSimulator({ clock: here.clock });
    ending.push(() => wecom.stop());
    const adapter = await startAdapter(createWeComHarness(wecom, 'app'), here);
    await here.pass(dayMs);
    expect(adapter.health().state).toBe('up');
    expect(countOf(wecom.calls())).toEqual({ gettoken: 1, 'agent.get': 1 });
  });
});

/** The SDK pings by real time; these frames stand for the pongs that keep a quiet line alive. */
async function pushSomethingUseless(feishu: FeishuSimulator): Promise<void> {
  const payload = {
    schema: '2.0',
    header: { event_id: crypto.randomUUID(), event_type: 'im.chat.updated_v1' },
  };
  const [connection] = feishu.connections();
  await connection?.push('event', Buffer.from(JSON.stringify(payload)), 1, AbortSignal.timeout(5_000));
}

describe.each(reachingPlatforms)('the service on $platform', ({ stage }) => {
  it('asks the platform nothing when it checks the model server, is looked at, or is measured', async () => {
    const network = createCompanyNetwork({ scheme: 'http', name: companyName });
    const proxy = await startForwardProxy({ locate: network.locate });
    ending.push(() => proxy.stop());
    const bridge = await startPlatformBridge(network.behind(stage), {
      environment: { HTTPS_PROXY: proxy.url, HEALTH_INTERVAL_MS: '20' },
    });
    ending.push(() => bridge.stop());
    // A second connection, a token: what a start costs, however slow the machine.
    let before = -1;
    while (before < proxy.requests().length) {
      before = proxy.requests().length;
      await wait(1_000);
    }
    const checked = bridge.qwen.requests.length;
    for (let looks = 0; looks < 40; looks += 1) {
      for (const page of ['readyz', 'healthz', 'metrics'])
        await (await fetch(`http://127.0.0.1:${bridge.service.port}/${page}`)).text();
      await wait(25);
    }
    await bridge.until(() => bridge.qwen.requests.length > checked + 20, 'the model server is checked often');
    expect(proxy.requests().slice(before)).toEqual([]);
  });
});
