import { describe, expect, it } from 'vitest';
import type { ProfileName, ReasoningWire, WireStyle } from '../../simulators/qwen/types.ts';
import { createModel } from '../../../src/model/create-model.ts';
import {
  askOnce,
  collect,
  createHurriedClock,
  createMemoryLog,
  question,
  startModel,
  startSimulator,
} from './support.ts';

const answerText = '第一行\n\n| a | b |\n|---|---|\n| 1 | 😀 |\n\n```ts\nconst x = 1 < 2;\n```\n完。';

describe('an answer from every engine', () => {
  it.each<ProfileName>([
    'vllm',
    'vllm-old',
    'sglang',
    'llamacpp',
    'ollama',
    'lmdeploy',
    'flask-seed',
    'nginx-front',
  ])('arrives whole from %s', async (profile) => {
    const simulator = await startSimulator({ profile });
    simulator.setAnswer(() => ({ text: answerText }));
    const { text, end, events } = await askOnce(startModel([simulator.baseUrl]));
    expect(text).toBe(answerText);
    expect(end.reason).toBe('stop');
    expect(end.usage?.promptTokens).toBeGreaterThan(0);
    expect(events[0]).toMatchObject({ type: 'start', server: { model: 'Qwen/Qwen3-VL-8B-Instruct' } });
  });

  const styles: readonly Partial<WireStyle>[] = [
    { cut: 'bytes' },
    { cut: 'mid-character' },
    { lineEnd: '\r\n', commentEvery: 2 },
    { lineEnd: '\r', cut: 'bytes' },
    { blankAfterData: false, bom: true },
    { noContent: 'null', zeroUsage: true },
    { noContent: 'absent', done: false },
    { noContent: 'empty', done: false, lastBlankLine: false },
  ];
  it.each(styles)('arrives whole however the bytes are laid out: %j', async (wire) => {
    const simulator = await startSimulator({ wire });
    simulator.setAnswer(() => ({ text: answerText }));
    const { text, end } = await askOnce(startModel([simulator.baseUrl]));
    expect(text).toBe(answerText);
    expect(end.reason).toBe('stop');
    expect(end.usage?.completionTokens).toBeGreaterThan(1);
  });
});

describe('thinking', () => {
  it.each<ReasoningWire>(['reasoning', 'reasoning_content', 'both', 'inline', 'close-only'])(
    'is kept apart from the answer, sent as %s',
    async (reasoning) => {
      const simulator = await startSimulator({ reasoning });
      simulator.setAnswer(() => ({ reasoning: '先想一想', text: '答案是 5。' }));
      const { text, reasoning: thought, end } = await askOnce(startModel([simulator.baseUrl]));
      expect(text).toBe('答案是 5。');
      expect(thought.trim()).toBe('先想一想');
      expect(end.reason).toBe('stop');
    },
  );

  it('is never shown as answer for a model known to open it in the prompt', async () => {
    const simulator = await startSimulator({ reasoning: 'close-only', models: ['Qwen3-4B-Thinking-2507'] });
    simulator.setAnswer(() => ({ reasoning: '先想一想', text: '答案' }));
    const { events, text } = await askOnce(startModel([simulator.baseUrl]));
    expect(text).toBe('答案');
    expect(events.some(({ type }) => type === 'text-was-reasoning')).toBe(false);
  });

  it('is learned from the first answer of a model that gave no sign of it in its name', async () => {
    const simulator = await startSimulator({ reasoning: 'close-only', models: ['house-model'] });
    simulator.setAnswer(() => ({ reasoning: '先想一想,这很长,一直想下去', text: '答案' }));
    const model = startModel([simulator.baseUrl]);
    const first = await askOnce(model);
    const second = await askOnce(model);
    expect([first.text, second.text]).toEqual(['答案', '答案']);
    expect(second.events.some(({ type }) => type === 'text-was-reasoning')).toBe(false);
  });

  it('ends as length with an empty answer when it used up the whole budget', async () => {
    const simulator = await startSimulator();
    simulator.setAnswer(() => ({ reasoning: 'hm '.repeat(50), text: 'never' }));
    const { text, reasoning, end } = await askOnce(startModel([simulator.baseUrl]), 'x', {
      maxOutputTokens: 10,
    });
    expect(text).toBe('');
    expect(reasoning).not.toBe('');
    expect(end.reason).toBe('length');
  });

  it('is switched through the template arguments', async () => {
    const simulator = await startSimulator({ models: ['Qwen3-8B'] });
    const model = startModel([simulator.baseUrl]);
    const on = await askOnce(model, 'why?', { thinking: true });
    const off = await askOnce(model, 'why?', { thinking: false });
    expect(on.reasoning).not.toBe('');
    expect(off.reasoning).toBe('');
  });
});

describe('endings', () => {
  it('takes one whole JSON body for a whole answer, from a server that ignores `stream`', async () => {
    const simulator = await startSimulator();
    const whole = (choice: unknown): void =>
      simulator.failNext({
        type: 'http',
        status: 200,
        body: JSON.stringify({ choices: [choice] }, null, 2),
        headers: { 'content-type': 'application/json' },
      });
    const model = startModel([simulator.baseUrl]);
    whole({ message: { role: 'assistant', content: 'a\nb' } });
    expect(await askOnce(model)).toMatchObject({ text: 'a\nb', end: { reason: 'stop' } });
    whole({ message: { content: 'cut' }, finish_reason: 'length' });
    expect(await askOnce(model)).toMatchObject({ text: 'cut', end: { reason: 'length' } });
    simulator.failNext({
      type: 'http',
      status: 200,
      body: '{"error":{"code":400,"message":"the request exceeds the available context size"}}',
      headers: { 'content-type': 'application/json' },
    });
    expect((await askOnce(model)).end.fault?.code).toBe('context-overflow');
  });

  it('tells an empty answer from a broken one', async () => {
    const simulator = await startSimulator();
    simulator.setAnswer(() => ({ text: '' }));
    const { text, end } = await askOnce(startModel([simulator.baseUrl]));
    expect(text).toBe('');
    expect(end).toMatchObject({ reason: 'stop' });
  });

  it.each([
    ['length', 'length', undefined],
    ['tool_calls', 'tool-calls', undefined],
    ['abort', 'truncated', 'cut-off'],
    ['content_filter', 'truncated', 'content-filter'],
    ['eos_token', 'stop', undefined],
  ] as const)('reads finish_reason %s as %s', async (finishReason, reason, code) => {
    const simulator = await startSimulator();
    simulator.setAnswer(() => ({ text: 'some words', finishReason }));
    const { end } = await askOnce(startModel([simulator.baseUrl]));
    expect({ reason: end.reason, code: end.fault?.code }).toEqual({ reason, code });
  });

  it('says that the server’s own filter kept an answer back, and asks it only once', async () => {
    const simulator = await startSimulator();
    simulator.setAnswer(() => ({ text: '', finishReason: 'content_filter' }));
    const { end } = await askOnce(startModel([simulator.baseUrl]));
    expect(end).toMatchObject({ reason: 'failed', fault: { code: 'content-filter' } });
    expect(simulator.chats).toHaveLength(1);
  });

  it('closes the connection to the server when the answer is stopped', async () => {
    const simulator = await startSimulator({ speed: { tokensPerSecond: 100 } });
    simulator.setAnswer(() => ({ text: 'word '.repeat(1000) }));
    const stop = new AbortController();
    const model = startModel([simulator.baseUrl]);
    const events = model.ask(question('go'), stop.signal);
    const collected = collect(
      (async function* () {
        for await (const event of events) {
          if (event.type === 'text-delta') stop.abort();
          yield event;
        }
      })(),
    );
    expect((await collected).end).toEqual({ type: 'end', reason: 'aborted' });
    await expect.poll(() => simulator.aborts).toBe(1);
    expect(simulator.openStreams).toBe(0);
  });

  it('closes the connection when the reader just leaves', async () => {
    const simulator = await startSimulator({ speed: { tokensPerSecond: 100 } });
    simulator.setAnswer(() => ({ text: 'word '.repeat(1000) }));
    const model = startModel([simulator.baseUrl], { maxConcurrency: 1 });
    for await (const event of model.ask(question('go'), new AbortController().signal))
      if (event.type === 'text-delta') break;
    await expect.poll(() => simulator.aborts).toBe(1);
    simulator.setAnswer(() => ({ text: 'next' }));
    expect((await askOnce(model)).text).toBe('next');
  });

  it.each([
    ['before the headers', { type: 'stall-before-headers' }],
    ['before the first token', { type: 'stall-before-first-token' }],
  ] as const)('stops at once %s', async (_name, fault) => {
    const simulator = await startSimulator();
    simulator.setFault(fault);
    const stop = new AbortController();
    const ended = collect(startModel([simulator.baseUrl]).ask(question('go'), stop.signal));
    await expect.poll(() => simulator.openStreams).toBe(1);
    stop.abort();
    expect((await ended).end.reason).toBe('aborted');
    await expect.poll(() => simulator.aborts).toBe(1);
  });

  it('asks nobody when it is stopped beforehand', async () => {
    const simulator = await startSimulator();
    const { end } = await collect(startModel([simulator.baseUrl]).ask(question('go'), AbortSignal.abort()));
    expect(end.reason).toBe('aborted');
    expect(simulator.requests).toEqual([]);
  });

  it('ends every answer as aborted when the client stops', async () => {
    const simulator = await startSimulator();
    simulator.setFault({ type: 'stall', afterTokens: 3 });
    const model = startModel([simulator.baseUrl]);
    const ended = askOnce(model);
    await expect.poll(() => simulator.openStreams).toBe(1);
    await model.stop();
    expect((await ended).end.reason).toBe('aborted');
  });
});

describe('many at once', () => {
  it('lets only so many run on one server, the others wait their turn', async () => {
    const simulator = await startSimulator({ speed: { firstTokenDelayMs: 30 } });
    let most = 0;
    simulator.setAnswer(() => {
      most = Math.max(most, simulator.openStreams);
      return { text: 'done' };
    });
    const model = startModel([simulator.baseUrl], { maxConcurrency: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => askOnce(model)));
    expect(answers.every(({ text }) => text === 'done')).toBe(true);
    expect(most).toBe(3);
  });

  it('lets a waiting request be stopped without a trace', async () => {
    const simulator = await startSimulator();
    simulator.setFault({ type: 'stall', afterTokens: 1 });
    const model = startModel([simulator.baseUrl], { maxConcurrency: 1, idleTimeoutMs: 10_000_000 });
    const first = new AbortController();
    const running = collect(model.ask(question('a'), first.signal));
    await expect.poll(() => simulator.chats.length).toBe(1);
    const second = new AbortController();
    const waiting = collect(model.ask(question('b'), second.signal));
    second.abort();
    expect((await waiting).end.reason).toBe('aborted');
    expect(simulator.chats).toHaveLength(1);
    first.abort();
    await running;
    simulator.setFault(undefined);
    expect((await askOnce(model)).end.reason).toBe('stop');
  });

  it('carries a thousand streams', async () => {
    const simulator = await startSimulator({ speed: { firstTokenDelayMs: 100, tokensPerSecond: 100 } });
    simulator.setAnswer(() => ({ text: answerText }));
    const model = startModel([simulator.baseUrl], { maxConcurrency: 1000, clock: createHurriedClock(1) });
    const answers = await Promise.all(Array.from({ length: 1000 }, () => askOnce(model)));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([answerText]));
  });
});

describe('secrets', () => {
  it('sends each key to its own server only, and logs none', async () => {
    const [one, two] = [
      await startSimulator({ apiKey: 'key-one' }),
      await startSimulator({ apiKey: 'key-two' }),
    ];
    const log = createMemoryLog();
    const model = createModel({
      servers: [
        { baseUrl: one.baseUrl, apiKey: 'key-one', model: 'auto' },
        { baseUrl: two.baseUrl, apiKey: 'key-two', model: 'auto' },
      ],
      firstTokenTimeoutMs: 10_000,
      idleTimeoutMs: 10_000,
      maxConcurrency: 2,
      healthIntervalMs: 1000,
      clock: createHurriedClock(1),
      random: () => 0,
      log,
      version: '1.2.3',
    });
    one.failNext({ type: 'http', status: 403, body: 'key key-one is not allowed' });
    expect((await askOnce(model)).end.reason).toBe('stop');
    const keys = (simulator: typeof one): Set<unknown> =>
      new Set(simulator.requests.map(({ headers }) => headers['authorization']));
    expect(keys(one)).toEqual(new Set(['Bearer key-one']));
    expect(keys(two)).toEqual(new Set(['Bearer key-two']));
    expect(one.requests[0]?.headers['user-agent']).toBe('qwen-chat-bridge/1.2.3');
    expect(JSON.stringify(log.lines)).not.toContain('key-one');
    expect(log.lines).not.toEqual([]);
    await model.stop();
  });
});
