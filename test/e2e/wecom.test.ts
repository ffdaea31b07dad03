import { afterEach, describe, expect, it } from 'vitest';
import { signedRequest, xmlEnvelope } from '../adapters/wecom/support.ts';
import type { WeComIntegration } from '../contract/wecom-integration.ts';
import type { QwenSimulatorOptions } from '../simulators/qwen/types.ts';
import type { WeComSimulatorOptions } from '../simulators/wecom/options.ts';
import type { WeComSimulator } from '../simulators/wecom/simulator.ts';
import { startPlatformBridge, type PlatformBridge } from './platform-bridge.ts';
import { createWeComStage, startRealTimeWeCom } from './wecom-stages.ts';

let bridge: PlatformBridge | undefined;
afterEach(async () => {
  await bridge?.stop();
  bridge = undefined;
});

type Begun = PlatformBridge & { readonly sim: WeComSimulator };

type Setting = Pick<WeComSimulatorOptions, 'limits' | 'rules'> & {
  readonly qwen?: QwenSimulatorOptions;
  readonly environment?: Readonly<Record<string, string>>;
};

/** The real service in a process of its own, in front of a simulator the test can reach into. */
async function begin(
  integration: WeComIntegration,
  { qwen = {}, environment = {}, ...platform }: Setting = {},
): Promise<Begun> {
  const sim = await startRealTimeWeCom(platform);
  bridge = await startPlatformBridge(async () => createWeComStage(sim, integration), { qwen, environment });
  return Object.assign(bridge, { sim });
}

const saying = (text: string, tokensPerSecond = 5_000): QwenSimulatorOptions => ({
  answer: () => ({ text }),
  speed: { firstTokenDelayMs: 20, tokensPerSecond },
});

/** The answer without what stands beside it: the mark that it goes on below, or the receipt. */
const answerIn = (text: string): string => text.replace(/\n\n> [^\n]*$/, '');

describe.each(['bot', 'bot-webhook'] as const)('an answer that outlives its bubble, %s', (integration) => {
  it('goes on below, whole, and the platform refuses nothing', async () => {
    const story = Array.from({ length: 150 }, (_, index) => `第${index}句，慢慢说。`).join('');
    const { stage, until, sim } = await begin(integration, {
      qwen: saying(story, 200),
      environment: { WECOM_STREAM_LIFETIME_MS: '1500' },
      limits: { streamMs: 60_000, pollWindowMs: 60_000 },
    });
    stage.say({ where: 'direct', text: '讲个故事' });
    await until(async () => {
      const replies = await stage.replies('direct');
      return replies.length === 2 && replies.every(({ live }) => !live);
    }, 'two messages');
    const texts = (await stage.replies('direct')).map(({ text }) => answerIn(text));
    expect(texts.join('')).toBe(story);
    expect(texts[0]).not.toBe('');
    expect(sim.refused()).toEqual([]);
  });
});

describe('the long connection', () => {
  it('lost to another login is reported and not fought, and readiness says so', async () => {
    const { service, sim, until } = await begin('bot');
    sim.evict();
    await until(() => service.log.some(({ ['code']: code }) => code === 'displaced'), 'it is reported');
    const answer = await fetch(`http://127.0.0.1:${service.port}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('displaced by another login');
    // An ordinary loss is over by then.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(sim.connections().filter((connection) => connection.subscribed())).toEqual([]);
  });

  it.each([
    ['in its bubble', true],
    ['below it, when the platform has forgotten the question', false],
  ])('cut in mid-answer comes back, and the answer arrives whole %s', async (_name, survive) => {
    const story = Array.from({ length: 120 }, (_, index) => `第${index}句。`).join('');
    const { stage, sim, until } = await begin('bot', {
      qwen: saying(story, 100),
      rules: { requestsSurviveReconnect: survive },
    });
    stage.say({ where: 'group', text: '讲个故事' });
    await until(async () => ((await stage.replies('group'))[0]?.text.length ?? 0) > 20, 'some text');
    for (const connection of sim.connections()) connection.drop();
    const texts = async (): Promise<string> =>
      (await stage.replies('group')).map(({ text }) => answerIn(text)).join('');
    await until(async () => (await texts()).endsWith('第119句。'), 'the end');
    expect(await texts()).toBe(story);
    expect(await stage.replies('group')).toHaveLength(survive ? 1 : 2);
  });
});

describe('the self-built app', () => {
  it('brings 12,000 Chinese characters in order, without losing or halving one', async () => {
    let text = '';
    for (let index = 0; text.length < 12_000; index += 1)
      text += `第${index}句：一个字也不能少，更不能只剩半个😀。${index % 9 === 8 ? '\n\n' : ''}`;
    text = text.trimEnd();
    const { stage, sim, until } = await begin('app', { qwen: saying(text, 50_000) });
    stage.say({ where: 'direct', text: '写长一点' });
    const shown = async (): Promise<string> =>
      (await stage.replies('direct'))
        .map((reply) => answerIn(reply.text))
        .join('')
        .replace(/\s/g, '');
    await until(async () => (await shown()).length >= text.replace(/\s/g, '').length, 'the end', 40_000);
    expect(await shown()).toBe(text.replace(/\s/g, ''));
    expect(sim.calls().filter(({ unseen }) => unseen !== undefined)).toEqual([]);
    expect(sim.refused()).toEqual([]);
  });

  it('whose address is not trusted says which one to allow, and answers once it is', async () => {
    const { stage, sim, service, until, closed } = await begin('app', { qwen: saying('好的') });
    sim.trustAddress(false);
    stage.say({ where: 'direct', text: '在吗' });
    const readiness = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${service.port}/readyz`)).text();
    await until(async () => (await readiness()).includes('60020'), 'it is noticed');
    expect(await readiness()).toContain('60020 企业可信IP: allow 127.0.0.1');
    expect(JSON.stringify(service.log)).toContain('60020');
    sim.trustAddress(true);
    stage.say({ where: 'direct', text: '现在呢' });
    const replies = await closed(1, 'direct');
    expect(replies.at(-1)?.text).toContain('好的');
    await until(async () => !(await readiness()).includes('60020'), 'it is over');
  });

  it('answers a message by an empty 200, and refuses other companies, document types and forgeries', async () => {
    const { stage, sim, service, qwen, closed } = await begin('app', { qwen: saying('好的') });
    const { corpId, agentToken: token, agentEncodingAesKey: encodingAesKey } = sim.corp;
    const keys = { token, encodingAesKey, receiveId: corpId };
    const xml = (corp: string, head = ''): string =>
      `${head}<xml><ToUserName><![CDATA[${corp}]]></ToUserName><FromUserName><![CDATA[XiaoHong]]></FromUserName><CreateTime>${Math.floor(Date.now() / 1000)}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>7400000000000000123</MsgId></xml>`;
    const post = async ({ query, body }: ReturnType<typeof signedRequest>) => {
      const url = `http://127.0.0.1:${service.port}/webhooks/wecom/agent?${query.toString()}`;
      const answer = await fetch(url, { method: 'POST', body: Buffer.from(body) });
      return { status: answer.status, text: await answer.text() };
    };
    const refused = [
      signedRequest(xml('wwother'), keys, xmlEnvelope),
      signedRequest(xml(corpId), { ...keys, receiveId: 'wwother' }, xmlEnvelope),
      signedRequest(xml(corpId, '<!DOCTYPE xml>'), keys, xmlEnvelope),
      signedRequest(xml(corpId, '<!DOCTYPE a [<!ENTITY b "c">]>'), keys, xmlEnvelope),
      signedRequest(xml(corpId), keys, (encrypted) => `<!DOCTYPE a>${xmlEnvelope(encrypted)}`),
      signedRequest(xml(corpId), { ...keys, token: 'other' }, xmlEnvelope),
    ];
    for (const request of refused) {
      const { status } = await post(request);
      expect([status >= 400, status < 500]).toEqual([true, true]);
    }
    expect(qwen.chats).toHaveLength(0);
    expect(await post(signedRequest(xml(corpId), keys, xmlEnvelope))).toEqual({ status: 200, text: '' });
    await closed(1, 'direct');
    expect(await stage.replies('direct')).toHaveLength(1);
    expect(qwen.chats).toHaveLength(1);
  });
});

describe('an address saved in the console', () => {
  it.each(['bot-webhook', 'app'] as const)('is verified by the bare text, %s', async (integration) => {
    const { sim, service } = await begin(integration, { limits: { urlCheckMs: 10_000 } });
    const base = `http://127.0.0.1:${service.port}/webhooks/wecom`;
    const check =
      integration === 'app' ? await sim.checkAppUrl(`${base}/agent`) : await sim.checkBotUrl(`${base}/bot`);
    expect(check).toBe('verified');
  });
});
