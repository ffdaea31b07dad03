import { describe, expect, it } from 'vitest';
import { httpFaults, tooManyRequests } from '../../simulators/qwen/faults.ts';
import type { Fault, QwenSimulator } from '../../simulators/qwen/types.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { askOnce, createHurriedClock, startModel, startSimulator } from './support.ts';

const asked = (simulator: { readonly chats: readonly unknown[] }): number => simulator.chats.length;

describe('asking again', () => {
  it.each<readonly [string, readonly Fault[]]>([
    ['a gateway that stumbles twice', [httpFaults.badGateway, httpFaults.gatewayTimeout]],
    ['a server that is still loading', [httpFaults.loading]],
    ['too many requests', [tooManyRequests(1)]],
    ['too many requests, until a date', [tooManyRequests(new Date(Date.now() + 2_000))]],
    ['a server error, once', [httpFaults.serverError]],
    ['a reset before the headers', [{ type: 'reset-before-headers' }, { type: 'reset-before-headers' }]],
    [
      'a full queue told inside the stream',
      [{ type: 'error-event', afterTokens: 0, done: true, code: 503, message: 'The request queue is full.' }],
    ],
    ['a stream that ended before it began', [{ type: 'end-early', afterTokens: 0 }]],
  ])('overcomes %s', async (_name, faults) => {
    const simulator = await startSimulator();
    simulator.setAnswer(() => ({ text: 'fine' }));
    simulator.failNext(...faults);
    const { text, end } = await askOnce(startModel([simulator.baseUrl]));
    expect({ text, reason: end.reason }).toEqual({ text: 'fine', reason: 'stop' });
    expect(asked(simulator)).toBe(faults.length + 1);
  });

  it.each([
    ['400', { type: 'http', status: 400, body: '{"error":{"message":"bad"}}' }],
    ['401', httpFaults.unauthorized],
    ['403', httpFaults.forbidden],
    ['413', httpFaults.bodyTooLarge],
    ['422', { type: 'http', status: 422, body: '{"detail":"no"}' }],
    ['a 500 that will come again', httpFaults.noVision500],
  ] as const)('does not repeat %s', async (_name, fault) => {
    const simulator = await startSimulator();
    simulator.setFault(fault);
    await askOnce(startModel([simulator.baseUrl]));
    expect(asked(simulator)).toBe(1);
  });

  it('stops after three tries, and after two for a server error', async () => {
    const simulator = await startSimulator();
    const model = startModel([simulator.baseUrl]);
    simulator.setFault(httpFaults.badGateway);
    await askOnce(model);
    expect(asked(simulator)).toBe(3);
    simulator.setFault(httpFaults.serverError);
    await askOnce(model);
    expect(asked(simulator)).toBe(5);
  });

  it('does not wait for a Retry-After beyond the time to the first token', async () => {
    const simulator = await startSimulator();
    simulator.setFault(tooManyRequests(3600));
    const { end } = await askOnce(startModel([simulator.baseUrl]));
    expect(end.fault).toMatchObject({ code: 'overloaded', retryAfterMs: 3_600_000 });
    expect(asked(simulator)).toBe(1);
  });

  it('never asks again once a word was shown', async () => {
    const simulator = await startSimulator();
    simulator.setFault({ type: 'reset', afterTokens: 1 });
    await askOnce(startModel([simulator.baseUrl]));
    expect(asked(simulator)).toBe(1);
  });

  it('repeats a request at once that died with its socket', async () => {
    const simulator = await startSimulator();
    simulator.failNext({ type: 'reset-before-headers' });
    // Time stands still, so that a pause would never end.
    const model = startModel([simulator.baseUrl], { clock: createFakeClock() });
    expect((await askOnce(model)).end.reason).toBe('stop');
    expect(asked(simulator)).toBe(2);
  });

  it('survives a server that closes idle sockets just as they are used again', async () => {
    const simulator = await startSimulator({ keepAliveMs: 3 });
    simulator.setAnswer(() => ({ text: 'fine' }));
    const model = startModel([simulator.baseUrl]);
    for (let round = 0; round < 40; round += 1) {
      expect((await askOnce(model)).end.reason).toBe('stop');
      await new Promise((resolve) => setTimeout(resolve, round % 6));
    }
  });
});

describe('mending the request', () => {
  it('asks for a shorter answer when the server counts more than we did', async () => {
    for (const contextWording of ['v0.9', 'v0.11', 'early-2026', 'v0.25'] as const) {
      const simulator = await startSimulator({ maxModelLen: 4096, contextWording });
      simulator.setAnswer(() => ({ text: 'fine' }));
      const { end } = await askOnce(startModel([simulator.baseUrl]), 'x', { maxOutputTokens: 4090 });
      expect(end.reason).toBe('stop');
    }
    const counted = await startSimulator({ profile: 'lmdeploy', maxModelLen: 4096, contextWording: 'v0.11' });
    const model = startModel([counted.baseUrl]);
    expect((await askOnce(model, 'x', { maxOutputTokens: 9000 })).end.reason).toBe('stop');
    expect(asked(counted)).toBe(2);
    expect(await model.describe({ vision: false }, new AbortController().signal)).toMatchObject({
      contextTokens: 4096,
    });
  });

  it('says so when the conversation itself is too long', async () => {
    const simulator = await startSimulator({ maxModelLen: 256 });
    const { end } = await askOnce(startModel([simulator.baseUrl]), '字'.repeat(2000));
    expect(end).toMatchObject({ reason: 'failed', fault: { code: 'context-overflow' } });
  });

  it('drops a key the server refuses by name, and remembers it', async () => {
    const simulator = await startSimulator({ refusedKeys: ['chat_template_kwargs'] });
    const model = startModel([simulator.baseUrl]);
    expect((await askOnce(model, 'x', { thinking: false })).end.reason).toBe('stop');
    expect((await askOnce(model, 'x', { thinking: false })).end.reason).toBe('stop');
    expect(asked(simulator)).toBe(3);
  });

  it('looks a model up again that is no longer served', async () => {
    const simulator = await startSimulator({ models: ['old-model'] });
    const model = startModel([simulator.baseUrl]);
    await askOnce(model);
    simulator.setModels(['bge-embedding', 'new-model']);
    const { end, events } = await askOnce(model);
    expect(end.reason).toBe('stop');
    expect(events[0]).toMatchObject({ type: 'start', server: { model: 'new-model' } });
  });

  it('says which model is missing when it was configured by name', async () => {
    const simulator = await startSimulator({ models: ['served'] });
    const model = startModel([], { servers: [{ baseUrl: simulator.baseUrl, model: 'wanted' }] });
    const { end } = await askOnce(model);
    expect(end.fault).toMatchObject({
      code: 'model-missing',
      evidence: 'HTTP 404: The model `wanted` does not exist.',
    });
  });
});

describe('several servers', () => {
  it.each<readonly [string, (server: QwenSimulator) => void | Promise<void>]>([
    ['stumbles', (server) => server.setFault(httpFaults.badGateway)],
    ['refuses the key', (server) => server.setFault(httpFaults.unauthorized)],
    ['is loading', (server) => server.setFault(httpFaults.loading)],
    [
      'reports an error first',
      (server) => server.setFault({ type: 'error-event', afterTokens: 0, done: true }),
    ],
    ['has nothing to chat with', (server) => server.setModels([])],
    ['is gone', (server) => server.goDown()],
  ])('asks the next one within the same message when the first %s', async (_name, happen) => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    second.setAnswer(() => ({ text: 'from the second' }));
    await happen(first);
    // Time stands still: nothing is waited for on the way.
    const model = startModel([first.baseUrl, second.baseUrl], { clock: createFakeClock() });
    const { text, end } = await askOnce(model);
    expect({ text, reason: end.reason }).toEqual({ text: 'from the second', reason: 'stop' });
  });

  it('comes back to the first once it has answered a check', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    await first.goDown();
    const model = startModel([first.baseUrl, second.baseUrl]);
    model.start();
    await askOnce(model);
    expect([asked(first), asked(second)]).toEqual([0, 1]);
    await first.comeBack();
    await expect.poll(() => model.health()[0]?.state, { timeout: 10_000 }).toBe('up');
    await askOnce(model);
    expect([asked(first), asked(second)]).toEqual([1, 1]);
  });

  it('moves on from a server that hangs, and asks it last from then on', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    first.setFault({ type: 'stall-before-headers' });
    const model = startModel([first.baseUrl, second.baseUrl], { firstTokenTimeoutMs: 5_000 });
    expect((await askOnce(model)).end.reason).toBe('stop');
    expect((await askOnce(model)).end.reason).toBe('stop');
    expect([asked(first), asked(second)]).toEqual([1, 2]);
  });

  it('does not ask a second server for what the first calls a bad request', async () => {
    const [first, second] = [await startSimulator({ maxModelLen: 64 }), await startSimulator()];
    const { end } = await askOnce(startModel([first.baseUrl, second.baseUrl]), '字'.repeat(500));
    expect(end.fault?.code).toBe('context-overflow');
    expect(asked(second)).toBe(0);
  });

  it('uses the next one while the first is full', async () => {
    const [first, second] = [await startSimulator(), await startSimulator()];
    first.setFault({ type: 'stall', afterTokens: 2 });
    second.setAnswer(() => ({ text: 'free' }));
    const model = startModel([first.baseUrl, second.baseUrl], {
      maxConcurrency: 1,
      clock: createHurriedClock(20),
    });
    const slow = askOnce(model);
    await expect.poll(() => asked(first)).toBe(1);
    expect((await askOnce(model)).text).toBe('free');
    expect((await slow).end.reason).toBe('truncated');
  });

  it('sends pictures to the vision server only', async () => {
    const [text, vision] = [await startSimulator({ vision: false }), await startSimulator()];
    const model = startModel([text.baseUrl], { visionServer: { baseUrl: vision.baseUrl, model: 'auto' } });
    await askOnce(model);
    expect([asked(text), asked(vision)]).toEqual([1, 0]);
    expect(model.health()).toHaveLength(2);
  });
});
