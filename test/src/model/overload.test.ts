import { describe, expect, it } from 'vitest';
import type { Model, ServerLoad } from '../../../src/model/types.ts';
import { httpFaults } from '../../simulators/qwen/faults.ts';
import type { QwenSimulatorOptions } from '../../simulators/qwen/types.ts';
import { askOnce, collect, createHurriedClock, question, startModel, startSimulator } from './support.ts';

const patience = { timeout: 20_000 };
const measured = { maxConcurrency: undefined };

const loadOf = (model: Model): ServerLoad | undefined => model.health()[0]?.load;

/** So many people who ask again as soon as they are answered, until `stop` is called. */
function crowd(model: Model, people: number): { stop: () => Promise<void> } {
  let asking = true;
  const person = async (_: unknown, index: number): Promise<void> => {
    while (asking) await askOnce(model, 'go on', { asker: `person-${index}` });
  };
  const all = Array.from({ length: people }, person);
  return {
    async stop() {
      asking = false;
      await Promise.all(all);
    },
  };
}

describe('how many requests run at once on a server', () => {
  it.each<readonly [string, QwenSimulatorOptions, number | undefined, number]>([
    ['as many as llama.cpp has slots', { profile: 'llamacpp', parallel: 6 }, undefined, 6],
    ['as many as SGLang runs', { profile: 'sglang', parallel: 48 }, undefined, 48],
    ['16 where SGLang does not say', { profile: 'sglang' }, undefined, 16],
    ['one on Ollama', { profile: 'ollama' }, undefined, 1],
    ['16 on vLLM', { profile: 'vllm' }, undefined, 16],
    ['what is configured', { profile: 'vllm' }, 40, 40],
    ['no more than llama.cpp has slots, whatever is configured', { profile: 'llamacpp' }, 40, 4],
  ])('is in the beginning %s', async (_name, options, maxConcurrency, expected) => {
    const simulator = await startSimulator(options);
    const model = startModel([simulator.baseUrl], { maxConcurrency, clock: createHurriedClock(1) });
    await askOnce(model);
    expect(loadOf(model)?.concurrency).toBe(expected);
  });

  it('may be configured for each server', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    const model = startModel([], {
      servers: [
        { baseUrl: first.baseUrl, model: 'auto', maxConcurrency: 3 },
        { baseUrl: second.baseUrl, model: 'auto' },
      ],
      ...measured,
    });
    expect(model.health().map(({ load }) => load?.concurrency)).toEqual([3, 16]);
  });

  it.each<readonly [string, QwenSimulatorOptions]>([
    ['its metrics', { profile: 'vllm' }],
    ['its first tokens alone', { profile: 'lmdeploy' }],
  ])(
    'is learned from %s, and learned again when the engine has become stronger',
    async (_name, options) => {
      const simulator = await startSimulator({ ...options, capacity: 3, speed: { tokensPerSecond: 200 } });
      simulator.setAnswer(() => ({ text: 'word '.repeat(20) }));
      const model = startModel([simulator.baseUrl], measured);
      model.start();
      const people = crowd(model, 24);
      await expect.poll(() => loadOf(model)?.concurrency, patience).toBeLessThanOrEqual(5);
      simulator.setCapacity(12);
      await expect.poll(() => loadOf(model)?.concurrency, patience).toBeGreaterThanOrEqual(8);
      await people.stop();
    },
    60_000,
  );

  it('falls when the engine refuses for lack of room, and nobody hears of it', async () => {
    const simulator = await startSimulator();
    const model = startModel([simulator.baseUrl], measured);
    simulator.failNext(httpFaults.queueFull, httpFaults.tooMany);
    const answers = await Promise.all(Array.from({ length: 10 }, () => askOnce(model)));
    expect(answers.every(({ end }) => end.reason === 'stop')).toBe(true);
    expect(loadOf(model)?.concurrency).toBeLessThan(16);
    expect(loadOf(model)?.concurrency).toBeGreaterThanOrEqual(4);
  });

  it('is found out anew when the server has been down', async () => {
    const simulator = await startSimulator();
    const model = startModel([simulator.baseUrl], measured);
    model.start();
    simulator.failNext(httpFaults.queueFull);
    await Promise.all(Array.from({ length: 10 }, () => askOnce(model)));
    expect(loadOf(model)?.concurrency).toBeLessThan(16);
    await simulator.goDown();
    await expect.poll(() => model.health()[0]?.state, patience).toBe('down');
    await simulator.comeBack();
    await expect.poll(() => loadOf(model)?.concurrency, patience).toBe(16);
  });
});

describe('the load of a server', () => {
  it('shows what runs, what waits and what the engine says', async () => {
    const simulator = await startSimulator();
    simulator.setOthers({ running: 3, waiting: 2 });
    simulator.setFault({ type: 'stall', afterTokens: 1 });
    const model = startModel([simulator.baseUrl], {
      maxConcurrency: 1,
      clock: createHurriedClock(4),
      idleTimeoutMs: 10_000_000,
    });
    model.start();
    const asking = [askOnce(model), askOnce(model), askOnce(model)];
    await expect
      .poll(() => loadOf(model), patience)
      .toEqual({ running: 1, waiting: 2, concurrency: 1, engine: { running: 4, waiting: 2 } });
    await model.stop();
    await Promise.all(asking);
    expect(loadOf(model)).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe('those who wait', () => {
  it('are let in person by person, whoever asked more', async () => {
    const simulator = await startSimulator();
    simulator.failNext({ type: 'stall', afterTokens: 1 });
    const model = startModel([simulator.baseUrl], { maxConcurrency: 1, idleTimeoutMs: 10_000_000 });
    const first = new AbortController();
    const blocking = collect(model.ask(question('first'), first.signal));
    await expect.poll(() => simulator.chats.length).toBe(1);
    const texts = ['a1', 'a2', 'a3', 'a4', 'b1'];
    const all = texts.map((text) => askOnce(model, text, { asker: text.slice(0, 1) }));
    await expect.poll(() => loadOf(model)?.waiting).toBe(5);
    first.abort();
    await Promise.all([blocking, ...all]);
    const order = simulator.chats.map((chat) => chat.question?.messages.at(-1)?.text);
    expect(order).toEqual(['first', 'a1', 'b1', 'a2', 'a3', 'a4']);
  });

  it('are told a longer wait when others’ requests stand in the engine’s queue', async () => {
    const simulator = await startSimulator({ speed: { tokensPerSecond: 200 } });
    const model = startModel([simulator.baseUrl], { maxConcurrency: 1, clock: createHurriedClock(4) });
    model.start();
    await askOnce(model);
    const expected = async (): Promise<number> => {
      const answers = await Promise.all([askOnce(model), askOnce(model)]);
      const queued = answers.flatMap(({ events }) => events).find(({ type }) => type === 'queued');
      return queued?.type === 'queued' ? (queued.expectedMs ?? 0) : 0;
    };
    const before = await expected();
    expect(before).toBeGreaterThan(0);
    simulator.setOthers({ running: 2, waiting: 20 });
    await expect.poll(() => loadOf(model)?.engine?.waiting, patience).toBe(20);
    expect(await expected()).toBeGreaterThan(before * 3);
  });
});
