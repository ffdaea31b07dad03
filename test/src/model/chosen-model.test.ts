import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Model, ModelDescription, ModelOffer } from '../../../src/model/types.ts';
import type { QwenSimulator } from '../../simulators/qwen/types.ts';
import { askOnce, type Collected, collect, startModel, startSimulator } from './support.ts';

const asked = ({ chats }: QwenSimulator): (string | undefined)[] =>
  chats.map(({ body }) => (body as { model?: string }).model);
const answeredBy = ({ events }: Collected): ModelDescription | undefined =>
  events.flatMap((event) => (event.type === 'start' ? [event.server] : [])).at(-1);

async function askWithPicture(model: Model, chosen: string): Promise<Collected> {
  const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#0f0' } })
    .png()
    .toBuffer();
  const image = { mime: 'image/png', bytes: new Uint8Array(bytes), width: 64, height: 64 } as const;
  const messages = [{ role: 'user', text: '?', images: [image] }] as const;
  return collect(model.ask({ messages, model: chosen }, new AbortController().signal));
}

async function offersOf(model: Model): Promise<readonly ModelOffer[] | undefined> {
  await model.describe({ vision: false }, new AbortController().signal);
  return model.health()[0]?.offers;
}

describe('what a server lists', () => {
  it('is known with its window, without what cannot chat', async () => {
    const server = await startSimulator({
      models: ['Qwen3-8B', 'bge-m3-embedding', 'Qwen3-32B'],
      maxModelLen: 16_384,
    });
    expect(await offersOf(startModel([server.baseUrl]))).toEqual([
      { id: 'Qwen3-8B', contextTokens: 16_384, vision: 'unknown' },
      { id: 'Qwen3-32B', contextTokens: 16_384, vision: 'unknown' },
    ]);
  });

  it('is looked at again while the service runs', async () => {
    const server = await startSimulator({ models: ['Qwen3-8B'] });
    const model = startModel([server.baseUrl], { healthIntervalMs: 200 });
    model.start();
    expect((await offersOf(model))?.map(({ id }) => id)).toEqual(['Qwen3-8B']);
    server.setModels(['Qwen3-8B', 'Qwen3-32B']);
    await expect
      .poll(() => model.health()[0]?.offers?.map(({ id }) => id), { timeout: 10_000 })
      .toEqual(['Qwen3-8B', 'Qwen3-32B']);
  });
});

describe('a chosen model', () => {
  it('answers in place of the usual one, at a server that lists it', async () => {
    const [first, second] = [
      await startSimulator({ models: ['Qwen3-8B'] }),
      await startSimulator({ models: ['Qwen3-14B', 'Qwen3-32B'] }),
    ];
    const model = startModel([first.baseUrl, second.baseUrl]);
    const collected = await askOnce(model, '你好', { model: 'Qwen3-32B' });
    expect(collected.end.reason).toBe('stop');
    expect(answeredBy(collected)?.model).toBe('Qwen3-32B');
    expect([asked(first), asked(second)]).toEqual([[], ['Qwen3-32B']]);
    await askOnce(model);
    expect(asked(first)).toEqual(['Qwen3-8B']);
  });

  it('that no server lists leaves the question to the usual one', async () => {
    const server = await startSimulator({ models: ['Qwen3-8B'] });
    const collected = await askOnce(startModel([server.baseUrl]), '你好', { model: 'Qwen3-32B' });
    expect(collected.end.reason).toBe('stop');
    expect(answeredBy(collected)?.model).toBe('Qwen3-8B');
  });

  it('that disappeared since the list was read leaves it to the usual one within the same question', async () => {
    const server = await startSimulator({ models: ['Qwen3-8B', 'Qwen3-32B'] });
    const model = startModel([server.baseUrl]);
    await offersOf(model);
    server.setModels(['Qwen3-8B']);
    const collected = await askOnce(model, '你好', { model: 'Qwen3-32B' });
    expect(collected.end.reason).toBe('stop');
    expect(answeredBy(collected)?.model).toBe('Qwen3-8B');
    expect(model.health()[0]).toMatchObject({ state: 'up', offers: [{ id: 'Qwen3-8B' }] });
  });

  it('whose server is down leaves it to another server’s usual one', async () => {
    const [first, second] = [
      await startSimulator({ models: ['Qwen3-8B'] }),
      await startSimulator({ models: ['Qwen3-32B'] }),
    ];
    const model = startModel([first.baseUrl, second.baseUrl]);
    await askOnce(model, '你好', { model: 'Qwen3-32B' });
    await second.goDown();
    const collected = await askOnce(model, '你好', { model: 'Qwen3-32B' });
    expect(collected.end.reason).toBe('stop');
    expect(answeredBy(collected)?.model).toBe('Qwen3-8B');
  });

  it('that is blind leaves pictures to a model that sees', async () => {
    const [seeing, blind] = [
      await startSimulator({ models: ['Qwen3-VL-8B'] }),
      await startSimulator({ models: ['Qwen3-32B'], vision: false }),
    ];
    const model = startModel([seeing.baseUrl, blind.baseUrl]);
    const collected = await askWithPicture(model, 'Qwen3-32B');
    expect(collected.end.reason).toBe('stop');
    expect(answeredBy(collected)?.model).toBe('Qwen3-VL-8B');
    await askWithPicture(model, 'Qwen3-32B');
    expect(asked(blind)).toEqual(['Qwen3-32B']);
  });

  it('of Ollama is described by what the engine says about that model', async () => {
    const server = await startSimulator({
      profile: 'ollama',
      models: ['qwen3:8b', 'qwen3:32b'],
      vision: false,
    });
    const model = startModel([server.baseUrl]);
    await askOnce(model, '你好', { model: 'qwen3:32b' });
    const offers = model.health()[0]?.offers ?? [];
    expect(offers.find(({ id }) => id === 'qwen3:32b')?.vision).toBe('no');
  });
});

describe('sampling asked for with a question', () => {
  it('goes before our own choice and before what is set for all', async () => {
    const server = await startSimulator();
    const model = startModel([server.baseUrl], { extraBody: { temperature: 0.1, top_p: 0.5 } });
    await askOnce(model, '你好', { sampling: { temperature: 0.9, presence_penalty: 1 } });
    expect(server.chats[0]?.body).toMatchObject({ temperature: 0.9, top_p: 0.5, presence_penalty: 1 });
  });
});
