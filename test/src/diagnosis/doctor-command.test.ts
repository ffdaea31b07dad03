import { afterEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { DoctorEvent } from '../../../src/diagnosis/diagnose.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World, type WorldOptions } from '../../fakes/core.ts';
import { events, startQwen } from './support.ts';

let world: World;
afterEach(() => world.close());

const subject = { part: 'model', id: 'gpu:8000' } as const;
const passed = (code: 'dns' | 'tcp'): DoctorEvent => ({
  type: 'done',
  subject,
  code,
  result: { state: 'passed', durationMs: 3, evidence: '10.0.0.7' },
});

async function begin(diagnose: WorldOptions['diagnose'], options: WorldOptions = {}): Promise<void> {
  world = await createWorld({
    admins: ['root'],
    ...(diagnose === undefined ? {} : { diagnose }),
    ...options,
  });
}

async function say(text: string, from = 'root', direct = true): Promise<void> {
  await world.core.inbox(fakeMessage({ text, from, direct, chat: direct ? `p2p-${from}` : 'group-1' }));
}
const closed = (count: number) => (): boolean =>
  world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length >= count;
const textsOf = (index: number): string[] =>
  (world.adapter.replies[index]?.states ?? []).map(({ markdown }) => markdown);

describe('/doctor in a direct chat', () => {
  it('grows line by line, says what is being checked, and ends with the one thing to do', async () => {
    const going = Promise.withResolvers<undefined>();
    await begin(async function* () {
      yield passed('dns');
      yield { type: 'begun', subject, code: 'tcp' };
      await going.promise;
      yield passed('tcp');
    });
    await say('/doctor');
    await world.until(
      () => world.adapter.replies[0]?.states.at(-1)?.progress === '正在检查 模型服务器 gpu:8000 · TCP 连接…',
    );
    expect(textsOf(0).at(-1)).toContain('✓ 域名解析 · 3 ms · `10.0.0.7`');
    going.resolve(undefined);
    await world.until(closed(1));
    const texts = textsOf(0);
    texts.forEach((text, index) => expect(texts[index + 1] ?? text).toContain(text));
    expect(texts.at(-1)).toMatch(/✓ TCP 连接[^]*全部正常/);
  });

  it('names cause and remedy of a real server that refuses the key', async () => {
    const qwen = await startQwen({ apiKey: 'sk-the-right-key' });
    await begin((_options, signal) =>
      events(qwen.baseUrl, { server: { apiKey: 'sk-the-wrong-key' }, signal }),
    );
    await say('诊断');
    await world.until(closed(1));
    const [text = ''] = textsOf(0).slice(-1);
    expect(text).toContain('✗ 密钥');
    expect(text).toContain('– 对话 · 跳过');
    expect(text).toMatch(/\*\*现在要做的一件事：模型服务器不接受 QWEN_API_KEY（401）。.*--api-key.*\*\*$/);
    expect(text).not.toContain('sk-the');
  });

  it('is stopped by /stop and keeps what was found', async () => {
    await begin(async function* (_options, signal) {
      yield passed('dns');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    await say('/doctor');
    await world.until(() => textsOf(0).at(-1)?.includes('✓') === true);
    await say('/stop');
    await world.until(closed(2));
    expect(world.adapter.replies[0]?.outcome).toBe('stopped');
    expect(textsOf(0).at(-1)).toContain('✓ 域名解析');
  });

  it('ends with a sentence when the doctor itself fails', async () => {
    await begin(async function* () {
      yield passed('dns');
      throw new Error('a fault of our own');
    });
    await say('/doctor');
    await world.until(closed(1));
    expect(textsOf(0).at(-1)).toContain('这个命令没能完成');
  });

  it('comes whole where replies cannot grow', async () => {
    await begin(
      async function* () {
        yield passed('dns');
        yield passed('tcp');
      },
      { updates: 'final-only' },
    );
    await say('/doctor');
    await world.until(closed(1));
    expect(world.adapter.replies[0]?.states).toHaveLength(1);
    expect(textsOf(0)[0]).toMatch(/✓ 域名解析[^]*✓ TCP 连接/);
  });
});

describe('/doctor asked in a group', () => {
  const oneCheck = async function* (): AsyncGenerator<DoctorEvent, void> {
    yield { type: 'begun', subject, code: 'tcp' };
    yield passed('tcp');
  };

  it('answers in the direct chat, with one line and no host in the group', async () => {
    await begin(oneCheck);
    await say('/doctor', 'root', false);
    await world.until(closed(1));
    expect(JSON.stringify(world.adapter.replies)).not.toContain('gpu:8000');
    expect(textsOf(0).at(-1)).toBe('检查完了，结果在和我的单聊里。');
    expect(world.adapter.sent).toHaveLength(1);
    expect(world.adapter.sent[0]?.to).toContain('direct-root');
    expect(world.adapter.sent[0]?.markdown).toMatch(/gpu:8000[^]*✓ TCP 连接[^]*全部正常/);
  });

  it.each([
    { why: 'nobody knows how', change: { addressOf: () => undefined } },
    {
      why: 'the platform refuses',
      change: { send: () => Promise.reject(new AdapterError('forbidden', 'no')) },
    },
  ])('asks to use the direct chat where $why', async ({ change }) => {
    await begin(oneCheck);
    Object.assign(world.adapter, change);
    await say('/doctor', 'root', false);
    await world.until(closed(1));
    expect(JSON.stringify(world.adapter.replies)).not.toContain('gpu:8000');
    expect(textsOf(0).at(-1)).toContain('请在和我的单聊里发送 /doctor');
  });
});

it('others than administrators get a refusal, and nothing is tried', async () => {
  let tried = false;
  await begin(async function* () {
    tried = true;
    yield passed('dns');
  });
  await say('/doctor', 'alice');
  await world.until(closed(1));
  expect(textsOf(0).at(-1)).toContain('管理员');
  expect(tried).toBe(false);
});
