import { describe, expect, it } from 'vitest';
import type { ModelDescription } from '../../../src/model/types.ts';
import type { QwenSimulatorOptions } from '../../simulators/qwen/types.ts';
import { askOnce, createHurriedClock, startModel, startSimulator } from './support.ts';

const never = (): AbortSignal => new AbortController().signal;

/** Time runs as it does, so that a slow machine loses no facts to a hurried deadline. */
async function discovered(
  options: QwenSimulatorOptions,
  wanted = 'auto',
): Promise<ModelDescription | undefined> {
  const simulator = await startSimulator(options);
  const model = startModel([], {
    servers: [{ baseUrl: simulator.baseUrl, model: wanted }],
    clock: createHurriedClock(1),
  });
  return model.describe({ vision: false }, never());
}

describe('what an engine tells about itself', () => {
  it.each<readonly [string, QwenSimulatorOptions, Partial<ModelDescription>]>([
    ['vLLM its version', { profile: 'vllm' }, { engine: 'vllm', version: '0.21.0', contextTokens: 8192 }],
    [
      'SGLang its version',
      { profile: 'sglang' },
      { engine: 'sglang', version: '0.5.6', contextTokens: 8192 },
    ],
    [
      'SGLang how many it runs',
      { profile: 'sglang', parallel: 48 },
      { engine: 'sglang', parallel: 48, contextTokens: 8192 },
    ],
    [
      'llama.cpp its build, its slots and that it sees',
      { profile: 'llamacpp', parallel: 2 },
      { engine: 'llamacpp', version: 'b7010-1a2b3c4d', parallel: 2, contextTokens: 8192, vision: 'yes' },
    ],
    ['llama.cpp that it is blind', { profile: 'llamacpp', vision: false }, { vision: 'no' }],
    [
      'Ollama what its model can do',
      { profile: 'ollama', vision: false, thinks: false },
      { engine: 'ollama', version: '0.33.0', vision: 'no', canThink: false },
    ],
    ['Ollama that its model sees and thinks', { profile: 'ollama' }, { vision: 'yes', canThink: true }],
    ['LMDeploy nothing more', { profile: 'lmdeploy' }, { engine: 'lmdeploy', vision: 'unknown' }],
    ['a plain server nothing more', { profile: 'flask-seed' }, { engine: 'openai', vision: 'unknown' }],
  ])('is taken from it: %s', async (_name, options, expected) => {
    expect(await discovered({ maxModelLen: 8192, ...options })).toMatchObject(expected);
  });

  it.each(['vllm', 'sglang', 'llamacpp', 'ollama', 'lmdeploy'] as const)(
    'shows who %s is under an owner’s name of its own',
    async (profile) => {
      expect(await discovered({ profile, ownedBy: 'acme' })).toMatchObject({ engine: profile });
    },
  );

  it('names the engine also when the configured model is not in its list', async () => {
    expect(await discovered({ profile: 'ollama', models: ['other:latest'] }, 'wanted')).toMatchObject({
      engine: 'ollama',
      model: 'wanted',
    });
  });

  it('takes no name as proof of sight', async () => {
    expect(await discovered({ models: ['Qwen3-VL-8B-Instruct'] })).toMatchObject({ vision: 'unknown' });
  });

  it('learns Ollama’s window once its model is loaded', async () => {
    const simulator = await startSimulator({ profile: 'ollama', maxModelLen: 4096 });
    const model = startModel([simulator.baseUrl], { healthIntervalMs: 4_000 });
    model.start();
    await expect.poll(() => model.health()[0]?.state).toBe('up');
    expect(await model.describe({ vision: false }, never())).toMatchObject({ contextTokens: undefined });
    await askOnce(model);
    await expect
      .poll(() => model.describe({ vision: false }, never()), { timeout: 10_000 })
      .toMatchObject({ contextTokens: 4096 });
  });

  it('is not asked for again and again where there is nothing to find', async () => {
    const simulator = await startSimulator({ profile: 'flask-seed' });
    const model = startModel([simulator.baseUrl], { healthIntervalMs: 4_000 });
    model.start();
    const asked = (path: string): number => simulator.requests.filter((one) => one.path === path).length;
    await expect.poll(() => asked('/v1/models'), { timeout: 10_000 }).toBeGreaterThan(3);
    expect(asked('/props')).toBeLessThanOrEqual(2);
  });
});
