import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { ShownReply } from '../contract/harness.ts';
import { startServiceProcess, stateFolder } from '../support/service-process.ts';
import { integrations } from './integrations.ts';
import { startPlatformBridge, type PlatformBridge, type PlatformBridgeOptions } from './platform-bridge.ts';

const example = fileURLToPath(new URL('../../docs/assistants.example.yaml', import.meta.url));
const closing = '感谢您的咨询，祝您生活愉快！';

let bridge: PlatformBridge | undefined;
const folders: { remove(): void }[] = [];
afterEach(async () => {
  await bridge?.stop();
  bridge = undefined;
  for (const folder of folders.splice(0)) folder.remove();
});

type Tell = (text: string) => Promise<ShownReply>;

/** Says something in the direct chat and waits for the reply's end; the newest reply is its own. */
function telling({ stage, until }: PlatformBridge): Tell {
  return async (text) => {
    const before = (await stage.replies('direct')).length;
    stage.say({ where: 'direct', text });
    let shown: readonly ShownReply[] = [];
    await until(async () => {
      shown = await stage.replies('direct');
      return shown.length > before && shown.every(({ live }) => !live);
    }, text);
    const reply = shown.at(-1);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  };
}

/** A file of this text, removed after the test. */
function assistantsFile(text: string): string {
  const folder = stateFolder();
  folders.push(folder);
  const file = join(folder.path, 'assistants.yaml');
  writeFileSync(file, text);
  return file;
}

describe.each(integrations)('$name', ({ create, traits }) => {
  const begin = async (options: PlatformBridgeOptions): Promise<Tell> => {
    bridge = await startPlatformBridge(create, options);
    return telling(bridge);
  };

  it('answers as the customer service of the example: short, whole sentences, one closing sentence', async () => {
    const said = Array.from({ length: 30 }, (_, index) => `这里是第${index}条详细说明。`).join('');
    const tell = await begin({
      qwen: { answer: () => ({ text: said }), speed: { firstTokenDelayMs: 10, tokensPerSecond: 120 } },
      environment: { ASSISTANTS_FILE: example },
    });
    expect((await tell('/assistant 客服')).words).toContain('客服');
    const { text, words } = await tell('怎么退货？');
    const [body = '', ...after] = text.split(closing);
    expect(after.map((rest) => rest.includes(closing))).toEqual([false]);
    const answer = body.trim();
    expect(said.startsWith(answer)).toBe(true);
    expect(answer.endsWith('。')).toBe(true);
    expect(Array.from(answer).length).toBeLessThanOrEqual(100);
    expect(Array.from(answer).length).toBeGreaterThan(85);
    expect(words).toContain(closing);
    await bridge?.until(() => bridge?.qwen.aborts === 1, 'the model is let go at the limit');
    const [chat] = bridge?.qwen.chats ?? [];
    expect(chat?.question?.messages[0]?.text).toContain('绝不编造');
    expect(chat?.body).toMatchObject({ temperature: 0.3, top_p: 0.8 });
    expect(bridge?.stage.refused()).toEqual([]);
  });

  it('keeps a chosen model for the conversation, and says once that it is gone', async () => {
    const tell = await begin({
      qwen: { models: ['Qwen3-8B', 'Qwen3-32B'], answer: () => ({ text: '好的。' }) },
    });
    expect((await tell('/model')).words).toContain('Qwen3-32B');
    await tell('/model 2');
    expect((await tell('一')).words).toContain('Qwen3-32B');
    bridge?.qwen.setModels(['Qwen3-8B']);
    const fallback = await tell('二');
    expect(fallback.text).toContain('好的。');
    expect(fallback.words).toContain('你选的 Qwen3-32B 已经没有了');
    expect((await tell('三')).words).not.toContain('Qwen3-32B');
    const used = bridge?.qwen.chats.map(({ body }) => (body as { model?: string }).model);
    expect(used?.filter((model) => model === 'Qwen3-32B').length).toBeGreaterThan(0);
    expect(used?.at(-1)).toBe('Qwen3-8B');
  });

  it('lets administrators restrict the choice, bind an assistant and read the file again', async () => {
    const file = assistantsFile('assistants:\n  - name: poet\n    title: 诗人\n    prompt: 用诗回答。\n');
    const tell = await begin({
      qwen: { models: ['Qwen3-8B', 'Qwen3-32B'], answer: () => ({ text: '好的。' }) },
      environment: { ASSISTANTS_FILE: file },
    });
    const promptOfNext = async (): Promise<string> => {
      await tell('问题');
      return bridge?.qwen.chats.at(-1)?.question?.messages[0]?.text ?? '';
    };
    const denied = await tell('/models deny Qwen3-32B');
    const bound = await tell('/assistant bind 诗人');
    if (traits.forgeable === true) {
      expect(denied.words + bound.words).toMatch(/只有管理员可以用.*只有管理员或群主/s);
      expect(await promptOfNext()).not.toContain('用诗回答');
      return;
    }
    expect(denied.words).toContain('这些不能选');
    expect((await tell('/model 2')).words).toContain('没有这个模型可以选');
    expect(await promptOfNext()).toContain('用诗回答');
    writeFileSync(file, 'assistants:\n  - name: poet\n    promt: 用散文回答。\n');
    expect((await tell('/assistant reload')).words).toMatch(/第 3 行.*prompt/s);
    expect(await promptOfNext()).toContain('用诗回答');
    writeFileSync(file, 'assistants:\n  - name: poet\n    prompt: 用散文回答。\n');
    expect((await tell('/assistant reload')).words).toContain('已读取 1 个');
    expect(await promptOfNext()).toContain('用散文回答');
  });
});

describe('the assistants file', () => {
  it('that is faulty stops the start, told together with everything else that is wrong', async () => {
    const folder = stateFolder();
    folders.push(folder);
    const file = assistantsFile('assistants:\n  - name: poet\n    maxCharakters: 100\n  - title: 没有名字\n');
    const service = await startServiceProcess(folder.path, { ASSISTANTS_FILE: file, LOCALE: 'fr' });
    expect(await service.end('SIGCONT')).toBe(78);
    const told = service.errors();
    expect(told).toMatch(/LOCALE\n {2}expected {2}one of: zh, en/);
    expect(told).toMatch(
      /ASSISTANTS_FILE\n.*maxCharakters.*looks like maxCharacters misspelt\n {2}in file {3}line 3\n/,
    );
    expect(told).toMatch(/assistants\[1\]: a name\n {2}in file {3}line 4\n/);
    expect(told).not.toContain('没有名字');
  });

  it('that cannot be read stops the start as well', async () => {
    const folder = stateFolder();
    folders.push(folder);
    const service = await startServiceProcess(folder.path, { ASSISTANTS_FILE: './nowhere.yaml' });
    expect(await service.end('SIGCONT')).toBe(78);
    expect(service.errors()).toMatch(/ASSISTANTS_FILE\n.*a file this process can read \(ENOENT\)/);
  });

  it('is read again on SIGHUP, and a faulty one changes nothing but is named in the log', async () => {
    const file = assistantsFile('default: poet\nassistants:\n  - name: poet\n    prompt: 用诗回答。\n');
    const [first] = integrations;
    if (first === undefined) throw new Error('no integration');
    bridge = await startPlatformBridge(first.create, { environment: { ASSISTANTS_FILE: file } });
    const { service, until, qwen } = bridge;
    const tell = telling(bridge);
    const logged = (words: string) => () => service.log.some(({ msg }) => msg.includes(words));
    writeFileSync(file, 'assistants: 秘密\n');
    process.kill(service.pid, 'SIGHUP');
    await until(logged('the assistants file has faults'), 'the faults in the log');
    await tell('问题');
    expect(qwen.chats.at(-1)?.question?.messages[0]?.text).toContain('用诗回答');
    writeFileSync(file, 'default: poet\nassistants:\n  - name: poet\n    prompt: 用散文回答。\n');
    process.kill(service.pid, 'SIGHUP');
    await until(logged('was read again'), 'the new file');
    await tell('问题');
    expect(qwen.chats.at(-1)?.question?.messages[0]?.text).toContain('用散文回答');
    expect(JSON.stringify(service.log)).not.toMatch(/秘密|散文/);
  });
});
