import { createServer } from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { createImagePreparer } from '../../src/media/decoder-process.ts';
import { systemClock } from '../../src/clock.ts';
import type { ModelRequest } from '../../src/model/types.ts';
import { fakeMessage } from '../fakes/adapter.ts';
import { createWorld } from '../fakes/core.ts';
import { parrotFactory } from '../fakes/factory.ts';
import { examine, listen, trouble } from '../src/diagnosis/support.ts';
import { bmp, noise, plain, red } from '../src/media/pictures.ts';
import { imagesOf } from '../src/media/preparer.ts';
import { collect, createMemoryLog, startModel, startSimulator, askOnce } from '../src/model/support.ts';

const signal = new AbortController().signal;

describe('every request to a model server', () => {
  it('carries key, content type, user agent, what it accepts, and the operator’s own headers', async () => {
    const simulator = await startSimulator({ apiKey: 'sk-house' });
    const model = startModel([], {
      servers: [{ baseUrl: simulator.baseUrl, apiKey: 'sk-house', model: 'auto' }],
      extraHeaders: { 'X-Model-Type': 'vision-language', 'X-Feature-Flags': 'enable_vision' },
      version: '1.2.3',
    });
    model.start();
    await askOnce(model);
    await expect.poll(() => simulator.requests.some(({ path }) => path === '/health')).toBe(true);
    expect(new Set(simulator.requests.map(({ path }) => path))).toContain('/v1/models');
    for (const { headers } of simulator.requests) {
      expect(headers).toMatchObject({
        authorization: 'Bearer sk-house',
        'content-type': 'application/json',
        'user-agent': 'qwen-chat-bridge/1.2.3',
        accept: expect.stringContaining('application/json'),
        'x-model-type': 'vision-language',
        'x-feature-flags': 'enable_vision',
      });
    }
  });

  it('has the headers and keys that stand in the environment', () => {
    const env = {
      PARROT_APP_ID: 'id_1',
      PARROT_APP_SECRET: 'feathers-and-crackers',
      QWEN_EXTRA_HEADERS: '{"X-Model-Type":"vision-language"}',
      QWEN_EXTRA_BODY: '{"temperature":0.2,"max_tokens":128}',
    };
    const loaded = loadConfig({ env, readFile: () => '', factories: [parrotFactory] });
    expect(loaded).toMatchObject({
      config: {
        model: {
          extraHeaders: { 'X-Model-Type': 'vision-language' },
          extraBody: { temperature: 0.2, max_tokens: 128 },
        },
      },
    });
  });

  it('can show its key in a header of another name, to people and to the doctor', async () => {
    const simulator = await startSimulator({ apiKey: 'sk-gateway' });
    const extraHeaders = { 'X-API-Key': 'sk-gateway' };
    expect((await askOnce(startModel([simulator.baseUrl], { extraHeaders }))).end.reason).toBe('stop');
    expect(trouble(await examine(simulator.baseUrl, { model: { extraHeaders } }))).toEqual([]);
  });

  it('can show its key in another form, in place of ours', async () => {
    const simulator = await startSimulator();
    const model = startModel([], {
      servers: [{ baseUrl: simulator.baseUrl, apiKey: 'sk-ours', model: 'auto' }],
      extraHeaders: { Authorization: 'ApiKey of-the-gateway' },
    });
    await askOnce(model);
    const shown = simulator.requests.map(({ headers }) => headers.authorization);
    expect(new Set(shown)).toEqual(new Set(['ApiKey of-the-gateway']));
  });

  it('names the model as the list does, be it a path', async () => {
    const id = '/home/ubuntu/.cache/modelscope/hub/models/Qwen/Qwen3-0.6B';
    const simulator = await startSimulator({ models: [id] });
    expect((await askOnce(startModel([simulator.baseUrl]))).end.reason).toBe('stop');
    expect(simulator.chats[0]?.body).toMatchObject({ model: id });
  });

  it('takes temperature, top_p and length from the operator where they are given', async () => {
    const simulator = await startSimulator();
    await askOnce(
      startModel([simulator.baseUrl], { extraBody: { temperature: 0.2, top_p: 0.9, max_tokens: 128 } }),
    );
    expect(simulator.chats[0]?.body).toMatchObject({ temperature: 0.2, top_p: 0.9, max_tokens: 128 });
  });

  it('fills a window of 256 K where the server has one', async () => {
    const simulator = await startSimulator({ maxModelLen: 262_144, models: ['Qwen3-4B-Instruct-2507'] });
    simulator.setAnswer(() => ({ text: '读完了' }));
    const long = '合同第一条。'.repeat(40_000);
    const { end } = await askOnce(startModel([simulator.baseUrl]), long);
    expect(end.reason).toBe('stop');
    expect(simulator.chats).toHaveLength(1);
    expect(simulator.chats[0]?.body).toMatchObject({ max_tokens: 8_192 });
    expect(simulator.chats[0]?.question?.messages.at(-1)?.text).toBe(long);
    expect(end.usage?.promptTokens).toBeGreaterThan(100_000);
  });

  it('finds its model in a list that names no owner', async () => {
    const list = JSON.stringify({ object: 'list', data: [{ id: 'qwen3-0.6b', object: 'model' }] });
    const port = await listen(createServer((_, response) => response.end(list)));
    const described = await startModel([`http://127.0.0.1:${port}`]).describe({ vision: false }, signal);
    expect(described).toMatchObject({ model: 'qwen3-0.6b', engine: 'openai', contextTokens: undefined });
  });
});

describe('a picture on its way to the model', () => {
  const preparer = createImagePreparer({ clock: systemClock, log: createMemoryLog(), timeCapMs: 40_000 });
  afterAll(() => preparer.stop());

  it.each([
    ['a photo as WebP', noise(640, 480).webp().toBuffer(), 'jpeg'],
    ['a drawing as GIF', plain(200, 120, red).gif().toBuffer(), 'png'],
    ['a Windows bitmap', bmp({ width: 127, height: 96, bits: 24, colourAt: () => red }), 'png'],
    ['a scan as TIFF', plain(200, 120, red).tiff().toBuffer(), 'png'],
  ] as const)(
    'arrives in a form every engine reads, named as what it is: %s',
    async (_name, made, format) => {
      const images = await imagesOf(preparer, await made);
      const simulator = await startSimulator();
      const request: ModelRequest = { messages: [{ role: 'user', text: '这是什么', images }] };
      const { end } = await collect(startModel([simulator.baseUrl]).ask(request, signal));
      expect(end.reason).toBe('stop');
      const seen = simulator.chats[0]?.question?.messages[0];
      expect(seen?.order).toEqual(['image', 'text']);
      expect(seen?.images).toMatchObject([{ mime: `image/${format}`, format }]);
    },
  );
});

it('logs how many messages and pictures a request has and how large they are, never what they say', async () => {
  const simulator = await startSimulator();
  const log = createMemoryLog();
  const bytes = new Uint8Array(await plain(64, 64, red).png().toBuffer());
  const image = { mime: 'image/png', bytes, width: 64, height: 64 } as const;
  const request: ModelRequest = {
    messages: [
      { role: 'system', text: '不外传的规则' },
      { role: 'user', text: '不外传的问题', images: [image, image] },
    ],
  };
  await collect(startModel([simulator.baseUrl], { log }).ask(request, signal));
  expect(log.lines.map(({ fields }) => fields)).toContainEqual({
    host: `127.0.0.1:${simulator.port}`,
    messages: 2,
    images: 2,
    imageBytes: 2 * bytes.byteLength,
  });
  expect(JSON.stringify(log.lines)).not.toContain('不外传');
});

it('logs with each question how many pictures and earlier turns it has', async () => {
  const world = await createWorld();
  const ask = async (text: string, count: number): Promise<void> => {
    await world.core.inbox(fakeMessage({ text, direct: true, chat: 'p2p-alice' }));
    await world.until(() => world.adapter.replies.filter(({ outcome }) => outcome).length === count);
  };
  await ask('不外传的问题', 1);
  await ask('不外传的下文', 2);
  const lines = world.logged.filter((line) => line.startsWith('asking the model'));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/"images":0,"past":0/);
  expect(lines[1]).toMatch(/"images":0,"past":1/);
  expect(world.logged.join()).not.toContain('不外传');
  await world.close();
});
