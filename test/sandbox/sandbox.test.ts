import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';
import type { Settings } from './settings.ts';
import { allMessages, answerOf, asked, closedReply, replies, until } from './test-support.ts';

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function start(settings: Partial<Settings> = {}): Promise<Sandbox> {
  const signal = AbortSignal.timeout(60_000);
  const sandbox = await startSandbox({ port: 0, realModel: undefined, extra: {}, ...settings, signal });
  running.push(sandbox);
  return sandbox;
}

async function post(sandbox: Sandbox, path: string, body: unknown = {}) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${sandbox.url}/do/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The first colleague asks this in the group. */
async function ask(sandbox: Sandbox, words: string) {
  const [chat] = sandbox.feishu.simulator.chats();
  const [by] = chat?.members ?? [];
  await post(sandbox, 'feishu/say', { chat: chat?.chatId, by, text: `@小桥 ${words}` });
  return asked(sandbox, words);
}

describe('the sandbox', () => {
  it('asks the real server when one is configured, with its key, and shows its host only', async () => {
    const real = await startQwenSimulator({
      apiKey: 'key-of-the-real-one',
      answer: () => ({ text: '我是真的。' }),
    });
    running.push(real);
    const sandbox = await start({
      realModel: { QWEN_BASE_URL: real.baseUrl, QWEN_API_KEY: 'key-of-the-real-one' },
    });
    const reply = await closedReply(sandbox, await ask(sandbox, '你是真的吗'));
    expect(answerOf(reply)).toBe('我是真的。');
    expect(sandbox.modelWords).toBe(`127.0.0.1:${real.port}`);
    expect((await post(sandbox, 'model/down')).status).toBe(400);
  });

  it('closes an answer whatever is switched on, and answers again afterwards', async () => {
    const sandbox = await start();
    for (const fault of ['down', 'cut', 'restarting']) {
      expect((await post(sandbox, `model/${fault}`)).status).toBe(200);
      const reply = await closedReply(sandbox, await ask(sandbox, `现在是 ${fault}`));
      expect(reply.card?.texts['notice'] ?? JSON.stringify(reply.card?.json)).toMatch(/重试/);
    }
    await post(sandbox, 'model/normal');
    const reply = await closedReply(sandbox, await ask(sandbox, '现在好了'));
    expect(answerOf(reply)).toContain('模拟模型');
    expect(answerOf(reply)).toContain('> 现在好了');
  });

  it('is connected again after the connection was cut, and the last message is not answered twice', async () => {
    const sandbox = await start();
    const question = await ask(sandbox, '断线之前');
    await closedReply(sandbox, question);
    const [before] = sandbox.feishu.simulator.connections();
    await post(sandbox, 'feishu/drop-connection');
    await until('another connection', () =>
      sandbox.feishu.simulator.connections().some(({ id }) => id !== before?.id),
    );
    await post(sandbox, 'feishu/redeliver-last');
    await until('six acknowledged deliveries', () => {
      const all = sandbox.feishu.simulator
        .deliveries()
        .filter(({ messageId }) => messageId === question.messageId);
      return all.length === 6 && all.every(({ state }) => state === 'acknowledged');
    });
    expect(replies(sandbox, question)).toHaveLength(1);
  });

  it('takes nothing from other pages, and nothing that is not what the page sends', async () => {
    const sandbox = await start();
    const before = allMessages(sandbox).length;
    expect(await statusFrom(sandbox, { host: 'evil.example' })).toBe(403);
    expect(await statusFrom(sandbox, { 'content-type': 'text/plain' })).toBe(415);
    expect((await post(sandbox, 'feishu/say', { chat: 1 })).status).toBe(400);
    expect((await post(sandbox, 'feishu/toString')).status).toBe(400);
    expect(
      (await post(sandbox, 'feishu/press', { message: 'om_none', by: 'x', value: {}, label: '' })).status,
    ).toBe(400);
    expect((await fetch(`${sandbox.url}/../sandbox.ts`)).status).toBe(404);
    expect((await fetch(`${sandbox.url}/pictures/feishu/om_none/img_none`)).status).toBe(404);
    expect(allMessages(sandbox).filter(({ from }) => from.kind === 'user').length).toBeLessThanOrEqual(
      before,
    );
  });
});

/** `fetch` does not let anyone choose the host. */
function statusFrom(sandbox: Sandbox, headers: Record<string, string>): Promise<number | undefined> {
  const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
  return new Promise((resolve, reject) => {
    const sent = request(`${sandbox.url}/do/service/kill`, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.end('{}');
  });
}
