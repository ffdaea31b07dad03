import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { dingtalkFactory } from '../../../adapters/dingtalk/index.ts';
import { feishuFactory } from '../../../adapters/feishu/index.ts';
import { wecomFactories } from '../../../adapters/wecom/index.ts';
import { systemClock } from '../../../src/clock.ts';
import type { AdapterFactory, Check } from '../../../src/contract/adapter.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { createDeps } from './deps.ts';
import { createRecordedBudget } from './recorded-budget.ts';
import { createRecordedLog } from './recorded-log.ts';
import { never } from './waiting.ts';

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

/** A platform that refuses everything: what it says of the time is all that is looked at. */
async function platform(): Promise<string> {
  const server: Server = createServer((_, response) => response.writeHead(401).end('{"code":99}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const aesKey = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

const platforms: readonly { name: string; environment: (url: string) => Record<string, string> }[] = [
  {
    name: 'Feishu',
    environment: (url) => ({
      FEISHU_APP_ID: 'cli_a1b2c3d4e5f60718',
      FEISHU_APP_SECRET: 'a-secret',
      FEISHU_BASE_URL: url,
    }),
  },
  {
    name: 'DingTalk',
    environment: (url) => ({
      DINGTALK_CLIENT_ID: 'ding1',
      DINGTALK_CLIENT_SECRET: 'a-secret',
      DINGTALK_BASE_URL: url,
      DINGTALK_OAPI_BASE_URL: url,
    }),
  },
  {
    name: 'WeCom, AI bot',
    environment: (url) => ({
      WECOM_BOT_ID: 'aib1',
      WECOM_BOT_SECRET: 'a-secret',
      WECOM_BOT_WS_URL: url.replace('http', 'ws'),
    }),
  },
  {
    name: 'WeCom, AI bot by webhook',
    environment: (url) => ({
      WECOM_BOT_TOKEN: 'token',
      WECOM_BOT_ENCODING_AES_KEY: aesKey,
      WECOM_BASE_URL: url,
    }),
  },
  {
    name: 'WeCom, self-built app',
    environment: (url) => ({
      WECOM_CORP_ID: 'ww1',
      WECOM_AGENT_ID: '1000002',
      WECOM_AGENT_SECRET: 'a-secret',
      WECOM_AGENT_TOKEN: 'token',
      WECOM_AGENT_ENCODING_AES_KEY: aesKey,
      WECOM_BASE_URL: url,
    }),
  },
];

const factories: readonly AdapterFactory[] = [feishuFactory, dingtalkFactory, ...wecomFactories];

/** The checks of an adapter that was made, not started, as `npm run doctor` does. */
async function checksOf(environment: Record<string, string>, clock: Clock): Promise<readonly Check[]> {
  const plan = factories.map((factory) => factory.plan(environment)).find(({ state }) => state !== 'off');
  if (plan?.state !== 'ready') throw new Error(`the environment is ${JSON.stringify(plan)}`);
  const log = createRecordedLog();
  const adapter = await plan.create(createDeps({ clock, log, createBudget: createRecordedBudget }));
  ending.push(() => adapter.stop());
  const checks: Check[] = [];
  for await (const check of adapter.probe(never)) checks.push(check);
  return checks;
}

const shifted = (ms: number): Clock => ({ ...systemClock, now: () => new Date(Date.now() + ms) });

describe.each(platforms)('$name', ({ environment }) => {
  it.each([
    // A Date is exact to a second, and answering takes time.
    { side: 'behind', shiftMs: -312_000, clock: /, clock \+31[0-3] s$/ },
    { side: 'ahead', shiftMs: 75_000, clock: /, clock -7[4-9] s$/ },
  ])('tells that our clock is $side, and by how much', async ({ shiftMs, clock }) => {
    const [first] = await checksOf(environment(await platform()), shifted(shiftMs));
    expect(first?.evidence).toMatch(clock);
  });

  it('has nothing to say about a clock that is half a minute off', async () => {
    const [first] = await checksOf(environment(await platform()), shifted(30_000));
    expect(first?.evidence).not.toContain('clock');
  });
});

// By webhook an AI bot calls nothing of its own: whether WeCom is reached decides nothing there.
it.each(platforms.filter(({ name }) => name !== 'WeCom, AI bot by webhook'))(
  '$name that is not reached is told with the network’s own code',
  async ({ environment }) => {
    const checks = await checksOf(environment('http://no-such-host.invalid'), systemClock);
    expect(checks.filter(({ state }) => state === 'failed').map(({ evidence }) => evidence)).toEqual([
      expect.stringMatching(/^unavailable (ENOTFOUND|EAI_AGAIN)$/),
    ]);
  },
);
