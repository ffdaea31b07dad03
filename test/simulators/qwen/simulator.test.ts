import OpenAI from 'openai';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { startQwenSimulator } from './start.ts';
import type { ProfileName, QwenSimulator, QwenSimulatorOptions } from './types.ts';

const running: QwenSimulator[] = [];

async function start(
  options?: QwenSimulatorOptions,
): Promise<{ simulator: QwenSimulator; openai: OpenAI; model: string }> {
  const simulator = await startQwenSimulator(options);
  running.push(simulator);
  const openai = new OpenAI({ baseURL: simulator.baseUrl, apiKey: options?.apiKey ?? 'none', maxRetries: 0 });
  return { simulator, openai, model: options?.models?.[0] ?? 'Qwen/Qwen3-VL-8B-Instruct' };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

async function streamed(
  openai: OpenAI,
  model: string,
  content: OpenAI.ChatCompletionContentPart[] | string,
): Promise<{ text: string; finish: string | null | undefined; usage: OpenAI.CompletionUsage | undefined }> {
  const stream = await openai.chat.completions.create({
    model,
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content }],
  });
  let text = '';
  let finish: string | null | undefined;
  let usage: OpenAI.CompletionUsage | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  return { text, finish, usage };
}

async function redPicture(): Promise<string> {
  const bytes = await sharp({ create: { width: 320, height: 160, channels: 3, background: '#dd2020' } })
    .jpeg()
    .toBuffer();
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}

describe('the Qwen simulator, asked by the official openai package', () => {
  it('streams an answer that says it is a stand-in and repeats the question', async () => {
    const { openai, model } = await start();
    const answer = await streamed(openai, model, '年假怎么算?');
    expect(answer.text).toContain('模拟模型');
    expect(answer.text).toContain('年假怎么算?');
    expect(answer.finish).toBe('stop');
    expect(answer.usage?.completion_tokens).toBeGreaterThan(10);
  });

  it('reads pictures: names size and dominant colour, and records them decoded', async () => {
    const { simulator, openai, model } = await start();
    const answer = await streamed(openai, model, [
      { type: 'image_url', image_url: { url: await redPicture() } },
      { type: 'text', text: 'What is this?' },
    ]);
    expect(answer.text).toContain('320×160');
    expect(answer.text).toContain('red');
    expect(simulator.chats[0]?.question?.messages[0]?.images[0]).toMatchObject({
      format: 'jpeg',
      width: 320,
      height: 160,
    });
    expect(simulator.chats[0]?.question?.messages[0]?.order).toEqual(['image', 'text']);
  });

  it('lists its model with the context length', async () => {
    const { openai } = await start({ models: ['/models/Qwen3-0.6B'], maxModelLen: 4096 });
    const models = await openai.models.list();
    expect(models.data[0]).toMatchObject({ id: '/models/Qwen3-0.6B', owned_by: 'vllm', max_model_len: 4096 });
  });

  it('guards /v1 with the key and leaves /health open', async () => {
    const { simulator, model } = await start({ apiKey: 'right' });
    const wrong = new OpenAI({ baseURL: simulator.baseUrl, apiKey: 'wrong', maxRetries: 0 });
    await expect(wrong.models.list()).rejects.toMatchObject({ status: 401 });
    await expect(streamed(wrong, model, 'hello')).rejects.toMatchObject({ status: 401 });
    expect((await fetch(`${simulator.origin}/health`)).status).toBe(200);
  });

  it('refuses what the engine refuses, with its status', async () => {
    const { openai, model } = await start({ vision: false, maxModelLen: 64 });
    await expect(streamed(openai, 'other', 'hello')).rejects.toMatchObject({
      status: 404,
      type: 'NotFoundError',
    });
    await expect(
      streamed(openai, model, [{ type: 'image_url', image_url: { url: await redPicture() } }]),
    ).rejects.toMatchObject({ status: 400 });
    await expect(streamed(openai, model, 'word '.repeat(200))).rejects.toThrow(
      /maximum context length is 64/,
    );
    await expect(openai.chat.completions.create({ model, messages: [] })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('refuses more pictures than its limit, a cut picture and a picture that is none', async () => {
    const { openai, model } = await start({ imageLimit: 1 });
    const picture: OpenAI.ChatCompletionContentPart = {
      type: 'image_url',
      image_url: { url: await redPicture() },
    };
    const part = (url: string): OpenAI.ChatCompletionContentPart => ({
      type: 'image_url',
      image_url: { url },
    });
    await expect(streamed(openai, model, [picture, picture])).rejects.toThrow(/At most 1 image/);
    await expect(streamed(openai, model, [part('data:image/png;base64,AAAA')])).rejects.toThrow(
      /cannot identify/,
    );
    const cut = picture.image_url.url.slice(0, 'data:image/jpeg;base64,'.length + 400);
    await expect(streamed(openai, model, [part(cut)])).rejects.toThrow(/cannot identify/);
  });

  it.each<ProfileName>(['vllm', 'vllm-old', 'sglang', 'llamacpp', 'ollama', 'lmdeploy', 'nginx-front'])(
    'is understood by the openai package in the %s profile',
    async (profile) => {
      const { simulator, openai, model } = await start({ profile });
      simulator.setAnswer(() => ({ text: '第一行\nsecond 😀 line' }));
      const answer = await streamed(openai, model, 'hello');
      expect(answer.text).toBe('第一行\nsecond 😀 line');
      expect(answer.finish).toBe('stop');
      expect(answer.usage?.prompt_tokens).toBeGreaterThan(0);
    },
  );

  it('notices a client that leaves in mid-answer', async () => {
    const { simulator, openai, model } = await start({ speed: { tokensPerSecond: 50 } });
    simulator.setAnswer(() => ({ text: 'word '.repeat(500) }));
    const stream = await openai.chat.completions.create({
      model,
      stream: true,
      messages: [{ role: 'user', content: 'go' }],
    });
    for await (const chunk of stream) if ((chunk.choices[0]?.delta.content ?? '') !== '') break;
    await expect.poll(() => simulator.aborts).toBe(1);
    expect(simulator.openStreams).toBe(0);
  });

  it('cuts the answer at max_tokens', async () => {
    const { openai, model, simulator } = await start();
    simulator.setAnswer(() => ({ text: 'one two three four five six' }));
    const whole = await openai.chat.completions.create({
      model,
      stream: true,
      max_completion_tokens: 3,
      messages: [{ role: 'user', content: 'go' }],
    });
    const reasons: (string | null)[] = [];
    for await (const chunk of whole) reasons.push(...chunk.choices.map((choice) => choice.finish_reason));
    expect(reasons.at(-1)).toBe('length');
  });

  it('carries a thousand streams at once', async () => {
    const { simulator, openai, model } = await start({
      speed: { firstTokenDelayMs: 200, tokensPerSecond: 200 },
    });
    simulator.setAnswer(() => ({ text: '好'.repeat(40) }));
    const answers = await Promise.all(Array.from({ length: 1000 }, () => streamed(openai, model, 'go')));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['好'.repeat(40)]));
    expect(simulator.aborts).toBe(0);
  });
});
