import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { httpFaults } from '../../simulators/qwen/faults.ts';
import type { Model } from '../../../src/model/types.ts';
import type { QwenSimulator } from '../../simulators/qwen/types.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import {
  askOnce,
  type Collected,
  collect,
  createHurriedClock,
  startModel,
  startSimulator,
} from './support.ts';

const asked = (...simulators: readonly QwenSimulator[]): number[] =>
  simulators.map(({ chats }) => chats.length);

async function askWithPicture(model: Model): Promise<Collected> {
  const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#0f0' } })
    .png()
    .toBuffer();
  const image = { mime: 'image/png', bytes: new Uint8Array(bytes), width: 64, height: 64 } as const;
  const messages = [{ role: 'user', text: '?', images: [image] }] as const;
  return collect(model.ask({ messages }, new AbortController().signal));
}

describe('pictures among several servers', () => {
  it('go to the one that sees, and the person never hears of the other', async () => {
    const [blind, seeing] = [await startSimulator({ vision: false }), await startSimulator()];
    const model = startModel([blind.baseUrl, seeing.baseUrl], { clock: createFakeClock() });
    expect((await askWithPicture(model)).end.reason).toBe('stop');
    expect((await askWithPicture(model)).end.reason).toBe('stop');
    expect(asked(blind, seeing)).toEqual([1, 2]);
    await askOnce(model);
    expect(asked(blind, seeing)).toEqual([2, 2]);
  });

  it('are refused without a request when every server says that it is blind', async () => {
    const blind = await startSimulator({ profile: 'ollama', vision: false });
    const model = startModel([blind.baseUrl], { clock: createHurriedClock(1) });
    await askOnce(model);
    const { end } = await askWithPicture(model);
    expect(end).toMatchObject({ reason: 'failed', fault: { code: 'no-vision' } });
    expect(asked(blind)).toEqual([1]);
  });

  it('are tried again at a server that was blind and has been away since', async () => {
    const server = await startSimulator({ vision: false });
    const model = startModel([server.baseUrl]);
    model.start();
    expect((await askWithPicture(model)).end.fault?.code).toBe('no-vision');
    await server.goDown();
    await expect.poll(() => model.health()[0]?.state, { timeout: 10_000 }).toBe('down');
    await server.comeBack();
    await expect.poll(() => model.health()[0]?.state, { timeout: 10_000 }).toBe('up');
    await askWithPicture(model);
    expect(asked(server)).toEqual([2]);
  });
});

describe('the choice among several servers', () => {
  it('falls on the one with less to do', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    first.setFault({ type: 'stall', afterTokens: 2 });
    const model = startModel([first.baseUrl, second.baseUrl], { clock: createHurriedClock(20) });
    const slow = askOnce(model);
    await expect.poll(() => asked(first)).toEqual([1]);
    await askOnce(model);
    await askOnce(model);
    expect(asked(first, second)).toEqual([1, 2]);
    await slow;
  });

  it.each(['vllm', 'sglang', 'lmdeploy', 'llamacpp'] as const)(
    'knows from %s what other clients keep it busy with',
    async (profile) => {
      const [first, second] = [
        await startSimulator({ profile, metrics: true }),
        await startSimulator({ profile, metrics: true }),
      ];
      first.setOthers({ running: 3, waiting: 2 });
      const model = startModel([first.baseUrl, second.baseUrl], { clock: createHurriedClock(1) });
      model.start();
      const measured = (server: QwenSimulator): boolean =>
        server.requests.some(({ path, status }) => path === '/metrics' && status === 200);
      await expect.poll(() => measured(first) && measured(second), { timeout: 10_000 }).toBe(true);
      await expect
        .poll(async () => {
          await askOnce(model);
          return second.chats.length > 0;
        })
        .toBe(true);
    },
  );

  it('reads llama.cpp’s slots where its metrics are off', async () => {
    const [first, second] = [
      await startSimulator({ profile: 'llamacpp' }),
      await startSimulator({ profile: 'llamacpp' }),
    ];
    first.setOthers({ running: 3, waiting: 0 });
    const model = startModel([first.baseUrl, second.baseUrl], { clock: createHurriedClock(1) });
    model.start();
    await expect
      .poll(() => [first, second].every(({ requests }) => requests.some(({ path }) => path === '/slots')))
      .toBe(true);
    await expect
      .poll(async () => {
        await askOnce(model);
        return second.chats.length > 0;
      })
      .toBe(true);
  });

  it('keeps a conversation where its beginning is cached, unless that server is clearly busier', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    const model = startModel([first.baseUrl, second.baseUrl], {
      clock: createHurriedClock(20),
      maxConcurrency: 4,
    });
    const at = (server: QwenSimulator, text: string): boolean =>
      server.chats.some(({ question }) => question?.messages.at(-1)?.text === text);
    await askOnce(model, 'one', { affinity: 'a' });
    expect(at(first, 'one')).toBe(true);
    first.setFault({ type: 'stall', afterTokens: 2 });
    const stalled = [askOnce(model, 'other')];
    await expect.poll(() => at(first, 'other')).toBe(true);
    first.failNext(undefined);
    await askOnce(model, 'two', { affinity: 'a' });
    expect(at(first, 'two')).toBe(true);
    for (const text of ['more', 'still more']) {
      stalled.push(askOnce(model, text, { affinity: 'a' }));
      await expect.poll(() => at(first, text) || at(second, text)).toBe(true);
    }
    await askOnce(model, 'three', { affinity: 'a' });
    expect(at(second, 'three')).toBe(true);
    await Promise.all(stalled);
  });

  it('takes no more at once than the engine has places', async () => {
    const simulator = await startSimulator({ profile: 'llamacpp', parallel: 1 });
    simulator.setSpeed({ firstTokenDelayMs: 20 });
    const model = startModel([simulator.baseUrl], { clock: createHurriedClock(1) });
    await askOnce(model);
    const { events } = (await Promise.all([askOnce(model), askOnce(model)]))[1];
    expect(events[0]).toMatchObject({ type: 'queued', ahead: 1 });
    expect(events[0]).toHaveProperty('expectedMs');
  });
});

describe('a server that fails', () => {
  it('is left alone for half a minute after a refusal, then tried by one message', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    const clock = createFakeClock();
    const model = startModel([first.baseUrl, second.baseUrl], { clock });
    await first.goDown();
    await askOnce(model);
    await first.comeBack();
    await clock.advance(29_000);
    await askOnce(model);
    expect(asked(first, second)).toEqual([0, 2]);
    await clock.advance(2_000);
    await askOnce(model);
    expect(asked(first, second)).toEqual([1, 2]);
  });

  it('lets one message try it, not all', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    const clock = createFakeClock();
    const model = startModel([first.baseUrl, second.baseUrl], { clock });
    await first.goDown();
    await askOnce(model);
    await first.comeBack();
    first.setFault({ type: 'stall-before-headers' });
    await clock.advance(31_000);
    const trial = askOnce(model);
    await expect.poll(() => asked(first)).toEqual([1]);
    await Promise.all([askOnce(model), askOnce(model), askOnce(model)]);
    expect(asked(first, second)).toEqual([1, 4]);
    await clock.advance(60_000);
    expect((await trial).end.reason).toBe('stop');
  });

  it('is left alone after five failures in a row, however well its health check looks', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    const clock = createFakeClock();
    const model = startModel([first.baseUrl, second.baseUrl], { clock });
    first.setFault(httpFaults.badGateway);
    for (let round = 0; round < 5; round += 1) {
      expect((await askOnce(model)).end.reason).toBe('stop');
      await clock.advance(31_000);
    }
    const before = first.chats.length;
    expect((await askOnce(model)).end.reason).toBe('stop');
    expect((await askOnce(model)).end.reason).toBe('stop');
    expect(first.chats.length - before).toBeLessThanOrEqual(1);
  });

  it('is asked all the same when there is nobody else', async () => {
    const only = await startSimulator();
    const model = startModel([only.baseUrl], { clock: createHurriedClock(20) });
    await only.goDown();
    expect((await askOnce(model)).end.fault?.code).toBe('unreachable');
    await only.comeBack();
    expect((await askOnce(model)).end.reason).toBe('stop');
  });
});
