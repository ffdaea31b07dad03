import { afterEach, describe, expect, it } from 'vitest';
import { plainPicture } from '../support/pictures.ts';
import { companyAuthorityPath, companyCertificate } from '../simulators/network/certificates.ts';
import { companyName, createCompanyNetwork } from '../simulators/network/company-network.ts';
import { startForwardProxy, type ForwardProxyOptions } from '../simulators/network/forward-proxy.ts';
import { reachingPlatforms } from '../simulators/network/platforms.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { dingtalkStage } from './dingtalk-stage.ts';
import { feishuStage } from './feishu-stage.ts';
import { startPlatformBridge, type PlatformBridge } from './platform-bridge.ts';
import type { CreateStage } from './stage.ts';
import { wecomStage } from './wecom-stages.ts';

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** A password that needs both kinds of care: it is percent-encoded in the URL. */
const credentials = { user: 'bridge', password: 'p%40ss%3Aword-canary' } as const;
const passwordForms = ['p%40ss%3Aword-canary', 'p@ss:word-canary', btoa('bridge:p@ss:word-canary')];

async function startProxy(options: ForwardProxyOptions = {}) {
  const proxy = await startForwardProxy({ credentials, ...options });
  ending.push(() => proxy.stop());
  return proxy;
}

/** A model server at an address that is not loopback by its looks, so that only what is configured keeps it off a proxy. */
async function startModel() {
  const model = await startQwenSimulator({ answer: () => ({ text: '经过代理的回答。' }) });
  ending.push(() => model.stop());
  return { model, url: model.baseUrl.replace('127.0.0.1', '0.0.0.0'), port: new URL(model.baseUrl).port };
}

async function begin(stage: CreateStage, environment: Record<string, string>): Promise<PlatformBridge> {
  const bridge = await startPlatformBridge(stage, { environment });
  ending.push(() => bridge.stop());
  return bridge;
}

/** Asks with a picture where the platform lets words stand beside one, and gives the answer's text. */
async function ask({ stage, closed }: PlatformBridge): Promise<string> {
  const pictures = stage.traits.pictures.withWords ? [await plainPicture('#00aa00')] : [];
  stage.say({ where: 'direct', text: '看图', pictures });
  const [reply] = await closed(1, 'direct');
  return reply?.words ?? '';
}

describe.each(reachingPlatforms)(
  '$platform behind a proxy that alone knows its hosts',
  ({ stage, socket }) => {
    it.each(['https', 'http'] as const)(
      'is reached through it by %s, and the model server is not',
      async (scheme) => {
        const network = createCompanyNetwork({ scheme, name: companyName });
        const proxy = await startProxy({ locate: network.locate });
        const { model, url, port } = await startModel();
        const bridge = await begin(network.behind(stage), {
          HTTPS_PROXY: proxy.url,
          NODE_EXTRA_CA_CERTS: companyAuthorityPath,
          QWEN_BASE_URL: url,
        });
        expect(await ask(bridge)).toContain('经过代理的回答。');
        const seen = model.chats[0]?.question?.messages.at(-1);
        expect(seen?.images).toHaveLength(bridge.stage.traits.pictures.withWords ? 1 : 0);
        expect(bridge.stage.refused()).toEqual([]);

        const requests = proxy.requests();
        expect(requests.map(({ outcome }) => outcome)).toEqual(requests.map(() => 'passed'));
        // A WebSocket needs a tunnel by either scheme; plain requests go by their whole URL.
        const ways = new Set([scheme === 'https' ? 'tunnel' : 'forward', ...(socket ? ['tunnel'] : [])]);
        expect(new Set(requests.map(({ kind }) => kind))).toEqual(ways);
        const usual = scheme === 'https' ? 443 : 80;
        const named = [0, 1].map((index) => `${companyName(index)}:${usual}`);
        for (const { target } of requests) expect(named).toContain(target);
        expect(requests.filter(({ target }) => target.endsWith(`:${port}`))).toEqual([]);

        await bridge.service.end('SIGTERM');
        const said = JSON.stringify(bridge.service.log) + bridge.service.errors();
        for (const form of passwordForms) expect(said).not.toContain(form);
      },
    );
  },
);

describe('NO_PROXY', () => {
  it.each([
    { platform: 'Feishu', stage: feishuStage('ws'), noProxy: 'example.com, 0.0.0.0' },
    { platform: 'DingTalk', stage: dingtalkStage({ mode: 'stream', cards: true }), noProxy: '0.0.0.0/8' },
    { platform: 'WeCom, AI bot', stage: wecomStage('bot'), noProxy: '*' },
  ])('keeps $platform off the proxy, calls and WebSocket alike: $noProxy', async ({ stage, noProxy }) => {
    const network = createCompanyNetwork({ scheme: 'http', name: (_, port) => `0.0.0.0:${port}` });
    const proxy = await startProxy();
    const bridge = await begin(network.behind(stage), { HTTPS_PROXY: proxy.url, NO_PROXY: noProxy });
    await ask(bridge);
    expect(proxy.requests()).toEqual([]);
  });

  it('leaves the same platform on the proxy when it names another host', async () => {
    const network = createCompanyNetwork({ scheme: 'http', name: (_, port) => `0.0.0.0:${port}` });
    const proxy = await startProxy();
    const bridge = await begin(network.behind(feishuStage('ws')), {
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '0.0.0.1,.example.com',
    });
    await ask(bridge);
    expect(new Set(proxy.requests().map(({ kind }) => kind))).toEqual(new Set(['forward', 'tunnel']));
  });
});

it('QWEN_PROXY alone leads to the model server, and nothing else goes there', async () => {
  const proxy = await startProxy();
  const { url, port } = await startModel();
  const bridge = await begin(feishuStage('ws'), { QWEN_PROXY: proxy.url, QWEN_BASE_URL: url });
  expect(await ask(bridge)).toContain('经过代理的回答。');
  expect(new Set(proxy.requests().map(({ target }) => target))).toEqual(new Set([`0.0.0.0:${port}`]));
  const said = JSON.stringify(bridge.service.log) + bridge.service.errors();
  for (const form of passwordForms) expect(said).not.toContain(form);
});

it('the proxy itself may speak TLS with the company’s certificate', async () => {
  const network = createCompanyNetwork({ scheme: 'https', name: companyName });
  const proxy = await startProxy({ locate: network.locate, tls: companyCertificate });
  const bridge = await begin(network.behind(dingtalkStage({ mode: 'stream', cards: true })), {
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: companyAuthorityPath,
  });
  await ask(bridge);
  expect(proxy.requests().length).toBeGreaterThan(2);
});
