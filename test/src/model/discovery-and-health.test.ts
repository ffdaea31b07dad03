import { describe, expect, it } from 'vitest';
import { createEndpoint } from '../../../src/model/endpoint.ts';
import type { ProfileName } from '../../simulators/qwen/types.ts';
import { askOnce, createHurriedClock, startModel, startSimulator } from './support.ts';

const never = (): AbortSignal => new AbortController().signal;

describe('endpoints', () => {
  it.each([
    ['http://gpu:8000', 'http://gpu:8000/v1/chat/completions', 'http://gpu:8000/health'],
    ['http://gpu:8000/v1/', 'http://gpu:8000/v1/chat/completions', 'http://gpu:8000/health'],
    ['https://gw/qwen', 'https://gw/qwen/v1/chat/completions', 'https://gw/qwen/health'],
    ['https://gw/qwen/v1', 'https://gw/qwen/v1/chat/completions', 'https://gw/qwen/health'],
    ['https://gw/api/v3', 'https://gw/api/v3/chat/completions', 'https://gw/api/health'],
    ['http://gpu/v1/chat/completions', 'http://gpu/v1/chat/completions', 'http://gpu/health'],
  ])('are found from %s', (baseUrl, chatUrl, healthUrl) => {
    expect(createEndpoint(baseUrl)).toMatchObject({ chatUrl, healthUrl });
  });
});

describe('discovery', () => {
  it.each<readonly [ProfileName, string, number | undefined]>([
    ['vllm', 'vllm', 8192],
    ['sglang', 'sglang', 8192],
    ['llamacpp', 'llamacpp', 8192],
    ['ollama', 'ollama', undefined],
    ['lmdeploy', 'lmdeploy', undefined],
    ['flask-seed', 'openai', undefined],
  ])('knows %s by its model list', async (profile, engine, contextTokens) => {
    const simulator = await startSimulator({ profile, maxModelLen: 8192, models: ['/models/Qwen3-0.6B'] });
    const described = await startModel([simulator.baseUrl]).describe({ vision: false }, never());
    expect(described).toMatchObject({
      engine,
      contextTokens,
      model: '/models/Qwen3-0.6B',
      host: `127.0.0.1:${simulator.port}`,
    });
  });

  it('knows from llama.cpp whether it sees', async () => {
    const [seeing, blind] = [
      await startSimulator({ profile: 'llamacpp' }),
      await startSimulator({ profile: 'llamacpp', vision: false }),
    ];
    expect(await startModel([seeing.baseUrl]).describe({ vision: true }, never())).toMatchObject({
      vision: 'yes',
    });
    expect(await startModel([blind.baseUrl]).describe({ vision: true }, never())).toMatchObject({
      vision: 'no',
    });
  });

  it('takes the first model that can chat', async () => {
    const simulator = await startSimulator({
      models: ['Qwen3-Embedding-0.6B', 'bge-reranker-v2', 'Qwen3-ASR-1.7B', 'Qwen3-8B'],
    });
    expect(await startModel([simulator.baseUrl]).describe({ vision: false }, never())).toMatchObject({
      model: 'Qwen3-8B',
    });
  });

  it('says so when nothing is served, or nothing that can chat', async () => {
    for (const models of [[], ['Qwen3-Embedding-8B']]) {
      const simulator = await startSimulator({ models });
      expect((await askOnce(startModel([simulator.baseUrl]))).end.fault?.code).toBe('no-models');
    }
  });

  it('asks the list once for many messages', async () => {
    const simulator = await startSimulator();
    const model = startModel([simulator.baseUrl]);
    await Promise.all([askOnce(model), askOnce(model), askOnce(model)]);
    expect(simulator.requests.filter(({ path }) => path === '/v1/models')).toHaveLength(1);
  });

  it('describes nobody while no server can be reached, and somebody as soon as one can', async () => {
    const simulator = await startSimulator();
    await simulator.goDown();
    const model = startModel([simulator.baseUrl]);
    expect(await model.describe({ vision: false }, never())).toBeUndefined();
    await simulator.comeBack();
    expect(await model.describe({ vision: false }, never())).toMatchObject({ engine: 'vllm' });
  });
});

describe('the health watch', () => {
  it('sees a server go down and come back without being asked', async () => {
    const simulator = await startSimulator();
    const model = startModel([simulator.baseUrl], { clock: createHurriedClock(40) });
    expect(model.health()[0]).toMatchObject({
      state: 'unknown',
      description: { host: `127.0.0.1:${simulator.port}` },
    });
    model.start();
    await expect
      .poll(() => model.health()[0])
      .toMatchObject({ state: 'up', description: { engine: 'vllm' } });
    await simulator.goDown();
    await expect
      .poll(() => model.health()[0])
      .toMatchObject({ state: 'down', fault: { code: 'unreachable' } });
    await simulator.comeBack();
    await expect.poll(() => model.health()[0]?.state).toBe('up');
    await simulator.goDown('loading');
    await expect.poll(() => model.health()[0]).toMatchObject({ state: 'down', fault: { code: 'loading' } });
  });

  it('notices within a message, not a minute, that the server is gone', async () => {
    const simulator = await startSimulator();
    const model = startModel([simulator.baseUrl]);
    await askOnce(model);
    expect(model.health()[0]?.state).toBe('up');
    await simulator.goDown();
    await askOnce(model);
    expect(model.health()[0]).toMatchObject({ state: 'down', fault: { code: 'unreachable' } });
  });

  it('does not call a server with a wrong key healthy', async () => {
    const simulator = await startSimulator({ apiKey: 'right' });
    const model = startModel([], {
      servers: [{ baseUrl: simulator.baseUrl, apiKey: 'wrong', model: 'auto' }],
    });
    model.start();
    await expect
      .poll(() => model.health()[0])
      .toMatchObject({ state: 'down', fault: { code: 'unauthorized' } });
  });

  it('is not fooled by a server without /health', async () => {
    const simulator = await startSimulator({ profile: 'ollama' });
    const model = startModel([simulator.baseUrl]);
    model.start();
    await expect.poll(() => model.health()[0]?.state).toBe('up');
  });

  it('asks nothing more once it is stopped', async () => {
    const simulator = await startSimulator();
    const model = startModel([simulator.baseUrl], { clock: createHurriedClock(1000) });
    model.start();
    await expect.poll(() => model.health()[0]?.state).toBe('up');
    await model.stop();
    const before = simulator.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(simulator.requests).toHaveLength(before);
    expect(simulator.connections).toBe(0);
  });
});
