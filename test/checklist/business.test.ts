import { afterEach, describe, expect, it } from 'vitest';
import { feishuStage } from '../e2e/feishu-stage.ts';
import { startPlatformBridge, type PlatformBridge } from '../e2e/platform-bridge.ts';
import { createHurriedClock, question, startModel, startSimulator } from '../src/model/support.ts';

describe('the house’s rules', () => {
  let bridge: PlatformBridge | undefined;
  afterEach(() => bridge?.stop());

  it('in SYSTEM_PROMPT reach the model word for word, before the question', async () => {
    const rules =
      '你是客服助手：用中文，语气友好，不编造，100 字以内，结尾固定写“如有其他问题欢迎继续咨询”。';
    bridge = await startPlatformBridge(feishuStage('ws'), { environment: { SYSTEM_PROMPT: rules } });
    bridge.stage.say({ where: 'direct', text: '怎么退货？' });
    await bridge.closed(1, 'direct');
    const messages = bridge.qwen.chats[0]?.question?.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(messages[0]?.text.startsWith(`${rules}\n`)).toBe(true);
    expect(messages[1]?.text).toBe('怎么退货？');
  });
});

it('the first words are there while the server still writes the rest', async () => {
  const simulator = await startSimulator({ speed: { tokensPerSecond: 100 } });
  simulator.setAnswer(() => ({ text: '一二三四五六七八九十'.repeat(4) }));
  const model = startModel([simulator.baseUrl], { clock: createHurriedClock(1) });
  const states: string[] = [];
  for await (const event of model.ask(question('标题'), new AbortController().signal))
    if (event.type === 'text-delta') states.push(simulator.chats[0]?.outcome ?? 'none');
  expect(states.length).toBeGreaterThan(3);
  expect(states[0]).toBe('open');
});
