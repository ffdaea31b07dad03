import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { keepNewestImages, planMaxTokens, prepareMessages } from '../../../src/model/request-body.ts';
import type { ModelImage, ModelMessage, ModelRequest } from '../../../src/model/types.ts';
import { askOnce, collect, createHurriedClock, startModel, startSimulator } from './support.ts';

async function picture(background: string, width = 64, height = 64): Promise<ModelImage> {
  const bytes = await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
  return { mime: 'image/png', bytes: new Uint8Array(bytes), width, height };
}

async function send(
  request: ModelRequest,
  options?: Parameters<typeof startModel>[1],
  simulatorOptions?: Parameters<typeof startSimulator>[0],
): Promise<{
  body: Readonly<Record<string, unknown>>;
  simulator: Awaited<ReturnType<typeof startSimulator>>;
}> {
  const simulator = await startSimulator(simulatorOptions);
  const { end } = await collect(
    startModel([simulator.baseUrl], options).ask(request, new AbortController().signal),
  );
  expect(end.fault).toBeUndefined();
  return { body: simulator.chats.at(-1)!.body as Readonly<Record<string, unknown>>, simulator };
}

describe('the request', () => {
  it('holds the whole conversation, pictures before text as decodable data URLs', async () => {
    const { simulator } = await send({
      messages: [
        { role: 'system', text: '规则' },
        { role: 'user', text: 'first' },
        { role: 'assistant', text: 'answer' },
        {
          role: 'user',
          text: '比较',
          images: [await picture('#ff0000', 64, 32), await picture('#0000ff', 32, 64)],
        },
      ],
    });
    const messages = simulator.chats[0]!.question!.messages;
    expect(messages.map(({ role, text }) => [role, text])).toEqual([
      ['system', '规则'],
      ['user', 'first'],
      ['assistant', 'answer'],
      ['user', '比较'],
    ]);
    expect(messages[3]!.order).toEqual(['image', 'image', 'text']);
    expect(messages[3]!.images.map(({ width, height }) => [width, height])).toEqual([
      [64, 32],
      [32, 64],
    ]);
  });

  it('sends a picture without words as a picture alone', async () => {
    const { simulator } = await send({
      messages: [{ role: 'user', text: '', images: [await picture('#ffffff')] }],
    });
    expect(simulator.chats[0]!.question!.messages[0]!.order).toEqual(['image']);
  });

  it('asks for usage and sets sampling and length itself', async () => {
    const { body } = await send({ messages: [{ role: 'user', text: 'x' }] });
    expect(body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.7,
      top_p: 0.8,
      max_tokens: 8192,
    });
    expect(body).not.toHaveProperty('chat_template_kwargs');
  });

  it.each<readonly [string, string, boolean | undefined, Readonly<Record<string, number>>]>([
    ['a hybrid thinking', 'Qwen/Qwen3-8B', true, { temperature: 0.6, top_p: 0.95, top_k: 20, min_p: 0 }],
    [
      'a hybrid by default',
      'Qwen/Qwen3-8B',
      undefined,
      { temperature: 0.6, top_p: 0.95, top_k: 20, min_p: 0 },
    ],
    ['a hybrid not thinking', 'Qwen/Qwen3-8B', false, { temperature: 0.7, top_p: 0.8, top_k: 20, min_p: 0 }],
    [
      'an Instruct model',
      'Qwen3-4B-Instruct-2507',
      true,
      { temperature: 0.7, top_p: 0.8, top_k: 20, min_p: 0 },
    ],
    [
      'a Thinking model',
      'Qwen3-4B-Thinking-2507',
      false,
      { temperature: 0.6, top_p: 0.95, top_k: 20, min_p: 0 },
    ],
    [
      'vision',
      'Qwen3-VL-8B-Instruct',
      undefined,
      { temperature: 0.7, top_p: 0.8, top_k: 20, presence_penalty: 1.5 },
    ],
    [
      'vision thinking',
      'Qwen3-VL-8B-Thinking',
      undefined,
      { temperature: 0.6, top_p: 0.95, presence_penalty: 0 },
    ],
    ['Qwen3.5 thinking', 'Qwen3.5-35B-A3B', true, { temperature: 1, top_p: 0.95, presence_penalty: 1.5 }],
    [
      'Qwen3.5 not thinking',
      'Qwen3.5-35B-A3B',
      false,
      { temperature: 0.7, top_p: 0.8, presence_penalty: 1.5 },
    ],
    ['the small Qwen3.5 by default', 'Qwen3.5-0.8B', undefined, { temperature: 0.7, top_p: 0.8 }],
    ['another model', 'house-model', undefined, { temperature: 0.7, top_p: 0.8 }],
  ])('samples as Qwen recommends for %s', async (_name, model, thinking, expected) => {
    const { body } = await send(
      { messages: [{ role: 'user', text: 'x' }], ...(thinking === undefined ? {} : { thinking }) },
      {},
      { models: [model] },
    );
    expect(body).toMatchObject(expected);
  });

  it('keeps sampling keys of the engines’ own from a server it does not know', async () => {
    const { body } = await send(
      { messages: [{ role: 'user', text: 'x' }] },
      {},
      { profile: 'flask-seed', models: ['Qwen3-8B'] },
    );
    expect(body).not.toHaveProperty('top_k');
    expect(body).not.toHaveProperty('min_p');
  });

  it('gives up one refused key after the other', async () => {
    const refusedKeys = ['top_k', 'min_p', 'chat_template_kwargs'];
    const { simulator } = await send(
      { messages: [{ role: 'user', text: 'x' }], thinking: true },
      {},
      { models: ['Qwen3-8B'], refusedKeys },
    );
    expect(simulator.chats).toHaveLength(4);
  });

  it('merges the operator’s own keys last, but neither messages nor stream', async () => {
    const { body } = await send(
      { messages: [{ role: 'user', text: 'mine' }] },
      {
        extraBody: { temperature: 0, top_k: 20, stream: false, messages: [] },
        extraHeaders: { 'X-Team': 'ops' },
      },
    );
    expect(body).toMatchObject({
      temperature: 0,
      top_k: 20,
      stream: true,
      messages: [{ role: 'user', content: 'mine' }],
    });
  });

  it.each(['vllm', 'vllm-old', 'sglang', 'llamacpp', 'ollama', 'lmdeploy'] as const)(
    'switches thinking on and off in the form %s reads',
    async (profile) => {
      for (const thinking of [true, false]) {
        const { simulator } = await send(
          { messages: [{ role: 'user', text: 'x' }], thinking },
          { clock: createHurriedClock(1) },
          { profile, models: ['Qwen3-8B'] },
        );
        expect(simulator.chats[0]?.question?.thinking).toBe(thinking);
      }
    },
  );

  it('does not switch what cannot think, and asks once', async () => {
    const { simulator } = await send(
      { messages: [{ role: 'user', text: 'x' }], thinking: true },
      { clock: createHurriedClock(1) },
      { profile: 'ollama', models: ['qwen2.5:7b'], thinks: false },
    );
    expect(simulator.chats).toHaveLength(1);
  });

  it('plans no longer answer than the context leaves free', () => {
    const messages = prepareMessages([{ role: 'user', text: '字'.repeat(3000) }]);
    expect(messages.tokenEstimate).toBeGreaterThanOrEqual(3000);
    expect(planMaxTokens({ messages: [] }, messages, { contextTokens: 4096, model: 'm' })).toBeLessThan(1096);
    expect(planMaxTokens({ messages: [] }, messages, { contextTokens: undefined, model: 'm' })).toBe(8192);
    expect(
      planMaxTokens({ messages: [], maxOutputTokens: 50 }, messages, { contextTokens: 4096, model: 'm' }),
    ).toBe(50);
  });

  it('plans a longer answer for a model that thinks, where the window allows', () => {
    const messages = prepareMessages([{ role: 'user', text: 'x' }]);
    const plan = (contextTokens: number | undefined, thinking: boolean): number =>
      planMaxTokens({ messages: [], thinking }, messages, { contextTokens, model: 'Qwen3-8B' });
    expect(plan(131_072, true)).toBe(32_768);
    expect(plan(131_072, false)).toBe(8_192);
    expect(plan(16_384, true)).toBeLessThan(16_384);
    expect(plan(undefined, true)).toBe(8_192);
  });

  it('counts a picture as the model does', () => {
    const image: ModelImage = { mime: 'image/jpeg', bytes: new Uint8Array(), width: 1920, height: 1088 };
    const withPicture = prepareMessages([{ role: 'user', text: '', images: [image] }]).tokenEstimate;
    expect(withPicture - prepareMessages([{ role: 'user', text: '' }]).tokenEstimate).toBe(2042);
  });
});

describe('too many pictures', () => {
  const image: ModelImage = { mime: 'image/png', bytes: new Uint8Array([1]), width: 1, height: 1 };
  const history: ModelMessage[] = [
    { role: 'user', text: 'a', images: [image, image] },
    { role: 'assistant', text: 'b' },
    { role: 'user', text: 'c', images: [image] },
    { role: 'user', text: 'd', images: [image] },
  ];
  const counts = (messages: readonly ModelMessage[] | undefined): number[] | undefined =>
    messages?.map(({ images }) => images?.length ?? 0);

  it('leaves out the oldest and never one of the newest message', () => {
    expect(counts(keepNewestImages(history, 3))).toEqual([1, 0, 1, 1]);
    expect(counts(keepNewestImages(history, 1))).toEqual([0, 0, 0, 1]);
    expect(keepNewestImages(history, 0)).toBeUndefined();
  });

  it('asks once more with fewer when the server has a limit', async () => {
    const simulator = await startSimulator({ imageLimit: 1 });
    const model = startModel([simulator.baseUrl]);
    const one = await picture('#00ff00');
    const request: ModelRequest = {
      messages: [
        { role: 'user', text: 'a', images: [one, one] },
        { role: 'assistant', text: 'b' },
        { role: 'user', text: 'c', images: [one] },
      ],
    };
    expect((await collect(model.ask(request, new AbortController().signal))).end.reason).toBe('stop');
    expect(simulator.chats.at(-1)!.question!.messages.map(({ images }) => images.length)).toEqual([0, 0, 1]);
    const tooMany = await collect(
      model.ask(
        { messages: [{ role: 'user', text: 'c', images: [one, one] }] },
        new AbortController().signal,
      ),
    );
    expect(tooMany.end.fault?.code).toBe('too-many-images');
  });
});

describe('pictures and the model', () => {
  it('learns whether it sees by trying', async () => {
    const [blind, seeing] = [await startSimulator({ vision: false }), await startSimulator()];
    const one = await picture('#00ff00');
    const ask = async (baseUrl: string): Promise<unknown> => {
      const model = startModel([baseUrl]);
      await askOnce(model);
      const before = await model.describe({ vision: true }, new AbortController().signal);
      const { end } = await collect(
        model.ask({ messages: [{ role: 'user', text: 'x', images: [one] }] }, new AbortController().signal),
      );
      const after = await model.describe({ vision: true }, new AbortController().signal);
      return [before?.vision, after?.vision, end.fault?.code];
    };
    expect(await ask(blind.baseUrl)).toEqual(['unknown', 'no', 'no-vision']);
    expect(await ask(seeing.baseUrl)).toEqual(['unknown', 'yes', undefined]);
  });

  it('names a picture the server cannot read', async () => {
    const simulator = await startSimulator();
    const broken: ModelImage = {
      mime: 'image/jpeg',
      bytes: new Uint8Array([0xff, 0xd8, 0xff, 1, 2]),
      width: 10,
      height: 10,
    };
    const { end } = await collect(
      startModel([simulator.baseUrl]).ask(
        { messages: [{ role: 'user', text: 'x', images: [broken] }] },
        new AbortController().signal,
      ),
    );
    expect(end.fault?.code).toBe('bad-image');
    expect(simulator.chats).toHaveLength(1);
  });
});
