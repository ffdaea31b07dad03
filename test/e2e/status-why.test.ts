import { afterEach, describe, expect, it } from 'vitest';
import { dingtalkStage, dingtalkTraits } from './dingtalk-stage.ts';
import { startBridge } from './feishu-bridge.ts';
import { feishuStage, feishuTraits } from './feishu-stage.ts';
import { startPlatformBridge, type PlatformBridge } from './platform-bridge.ts';
import { wecomStage, wecomStageTraits } from './wecom-stages.ts';

let bridge: Pick<PlatformBridge, 'stop'>;
afterEach(() => bridge.stop());

/** Long enough for a speed to be measured. */
const story = '机密答案，'.repeat(30);

const stream = { mode: 'stream', cards: true } as const;
const plain = { mode: 'stream', cards: false } as const;
const callbacks = { mode: 'webhook', cards: true } as const;

describe.each([
  ['Feishu, long connection', feishuStage('ws'), feishuTraits],
  ['Feishu, webhook', feishuStage('webhook'), feishuTraits],
  ['DingTalk, Stream', dingtalkStage(stream), dingtalkTraits(stream)],
  ['DingTalk, without a template', dingtalkStage(plain), dingtalkTraits(plain)],
  ['DingTalk, HTTP callbacks', dingtalkStage(callbacks), dingtalkTraits(callbacks)],
  ['WeCom, AI bot, long connection', wecomStage('bot'), wecomStageTraits.bot],
  ['WeCom, AI bot, webhook', wecomStage('bot-webhook'), wecomStageTraits['bot-webhook']],
  ['WeCom, self-built app', wecomStage('app'), wecomStageTraits.app],
] as const)('%s', (_name, createStage, traits) => {
  it('tells how an answer went by the id on its receipt, and how the servers are, also after a restart', async () => {
    const platform = await startPlatformBridge(createStage, { qwen: { answer: () => ({ text: story }) } });
    bridge = platform;
    const { stage, closed, qwen, restart } = platform;
    const proven = !('forgeable' in traits);
    let told = 0;
    const ask = async (text: string): Promise<string> => {
      stage.say({ where: 'direct', text });
      told += 1;
      return (await closed(told, 'direct')).at(-1)?.words ?? '';
    };

    const id = /#[2-9a-z]{4}\b/.exec(await ask('机密问题'))?.[0] ?? 'no receipt';
    await restart('SIGTERM');
    const why = await ask(`/why ${id}`);
    expect(why).toContain(`${id} · 已完成`);
    for (const step of ['收到', '出现回复', '第一个词元', '模型结束', '最后一次更新'])
      expect(why).toContain(step);
    expect(why.includes(`127.0.0.1:${qwen.port}`)).toBe(proven);
    expect(why).not.toContain('机密');

    stage.say({ where: 'group', from: 'colleague', text: `/why ${id}` });
    const [stranger] = await closed(1, 'group');
    expect(stranger?.words).toContain('没有找到这个编号');

    if (proven) {
      const status = await ask('/status');
      for (const words of [`127.0.0.1:${qwen.port}`, 'vllm', '近 1 小时提问', '本月预计', '词元/秒'])
        expect(status).toContain(words);
    }
    expect(stage.refused()).toEqual([]);
  });
});

it('on Feishu shows /status as native tables and a chart that the platform takes', async () => {
  const feishu = await startBridge({ qwen: { answer: () => ({ text: story }) } });
  bridge = feishu;
  feishu.ask('问题');
  await feishu.closed(1);
  const chat = feishu.feishu.directChat(feishu.alice);
  feishu.say({ kind: 'text', text: '/status' }, { chat });
  const [reply] = await feishu.closed(1, chat.chatId);
  const card = JSON.stringify(reply?.card?.json);
  expect(card.match(/"tag":"table"/g)).toHaveLength(2);
  const spec = /"chart_spec":(\{.*?"yField":"value"\})/.exec(card)?.[1] ?? '{}';
  expect(JSON.parse(spec)).toMatchObject({ type: 'line', xField: 'time' });
  expect(spec.match(/"time":"\d\d:\d\d"/g)).toHaveLength(12);
  expect(feishu.feishu.refused()).toEqual([]);
});
