import { Readable } from 'node:stream';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AnswerOutcome, readAnswer } from '../../../src/model/read-answer.ts';
import type { SplitPart } from '../../../src/model/think-splitter.ts';
import type { ProfileName, ReasoningWire } from '../../simulators/qwen/types.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { replay, startSimulator } from './support.ts';

type Read = { readonly text: string; readonly reasoning: string; readonly outcome: AnswerOutcome };

async function read(pieces: readonly Uint8Array[]): Promise<Read> {
  const sent = { maxTokens: 100, promptEstimate: 10, optionalKeys: [], secrets: [] };
  const clock = createFakeClock();
  const ignore = (): void => undefined;
  const bytes = Readable.from(pieces);
  const parts: SplitPart[] = [];
  const outcome = await readAnswer(
    { bytes, opened: false, sent, clock, idleTimeoutMs: 1000, cut: ignore, onFirstToken: ignore },
    (part) => parts.push(part),
  );
  return { ...replay(parts), outcome };
}

const recordings: readonly (readonly [ProfileName, ReasoningWire])[] = [
  ['vllm', 'reasoning'],
  ['sglang', 'reasoning_content'],
  ['llamacpp', 'close-only'],
  ['lmdeploy', 'inline'],
  ['ollama', 'reasoning'],
];

/** The bytes as the simulator of that engine puts them on the wire. */
async function record(profile: ProfileName, reasoning: ReasoningWire): Promise<Buffer> {
  const simulator = await startSimulator({ profile, reasoning, models: ['m'] });
  simulator.setAnswer(() => ({ reasoning: '想😀', text: '答 <b>\n5' }));
  const body = JSON.stringify({
    model: 'm',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'x' }],
  });
  const response = await fetch(`${simulator.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return Buffer.from(await response.arrayBuffer());
}

describe.each(recordings)('a recorded stream of %s with thinking in %s', (profile, reasoning) => {
  let stream: Buffer;
  beforeAll(async () => {
    stream = await record(profile, reasoning);
  });

  it('reads the same at every split point', async () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const { text, reasoning: thought, outcome } = await read([stream.subarray(0, at), stream.subarray(at)]);
      expect({ text, thought: thought.trim() }).toEqual({ text: '答 <b>\n5', thought: '想😀' });
      expect(outcome).toMatchObject({ type: 'ended', end: { reason: 'stop' } });
    }
  });

  it('reads the same in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 30 }), async (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), stream.length];
        const pieces = places.slice(1).map((end, index) => stream.subarray(places[index], end));
        const { text, reasoning: thought } = await read(pieces);
        expect({ text, thought: thought.trim() }).toEqual({ text: '答 <b>\n5', thought: '想😀' });
      }),
      { numRuns: 50 },
    );
  });

  it('is never whole when it is cut before its finish reason', async () => {
    const finishAt = stream.lastIndexOf('"finish_reason":"');
    for (let at = 0; at < finishAt; at += 1) {
      const { outcome } = await read([stream.subarray(0, at)]);
      const reason = outcome.type === 'ended' ? outcome.end.reason : 'failed';
      expect(['truncated', 'failed']).toContain(reason);
    }
  });
});

const event = (value: unknown): Buffer =>
  Buffer.from(`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`);

describe('oddities from live streams', () => {
  const finish = event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });

  it.each([
    [
      'a role of null and nulls everywhere',
      [
        {
          choices: [
            { delta: { role: null, content: 'a', tool_calls: null }, logprobs: null, finish_reason: null },
          ],
        },
      ],
    ],
    [
      'an empty message beside the delta',
      [{ choices: [{ delta: { content: 'a' }, message: {}, finish_reason: null }] }],
    ],
    [
      'no choices, null choices, a null choice',
      [
        { choices: [] },
        { choices: null, usage: {} },
        { choices: [null] },
        { choices: [{ delta: { content: 'a' } }] },
      ],
    ],
    [
      'garbage between events',
      ['{"id": "cha', '[]', 'null', '"x"', { choices: [{ delta: { content: 'a' } }] }],
    ],
  ])('reads past %s', async (_name, events) => {
    const { text, outcome } = await read([...events.map(event), finish]);
    expect(text).toBe('a');
    expect(outcome).toMatchObject({ type: 'ended', end: { reason: 'stop' } });
  });

  it('reads events whose separating blank lines were forgotten', async () => {
    const line = (content: string): string =>
      `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n`;
    const { text } = await read([Buffer.from(`${line('a')}${line('b')}\n`), finish]);
    expect(text).toBe('ab');
  });

  it('keeps an answer whole when an error follows its finish reason', async () => {
    const { outcome } = await read([
      event({ choices: [{ delta: { content: 'a' } }] }),
      finish,
      event({ error: { message: 'late', code: 500 } }),
    ]);
    expect(outcome).toMatchObject({ type: 'ended', end: { reason: 'stop' } });
  });

  it('takes the last usage that is not all zeros', async () => {
    const usage = (prompt: number, completion: number): Buffer =>
      event({ choices: [], usage: { prompt_tokens: prompt, completion_tokens: completion } });
    const { outcome } = await read([
      event({ choices: [{ delta: { content: 'a' } }] }),
      usage(5, 1),
      finish,
      usage(5, 2),
      usage(0, 0),
    ]);
    expect(outcome).toMatchObject({ end: { usage: { promptTokens: 5, completionTokens: 2 } } });
  });

  it('calls a stream of nothing that it understands no model', async () => {
    const { outcome } = await read([Buffer.from('hello\nworld\n\n')]);
    expect(outcome).toMatchObject({ type: 'failed', failure: { fault: { code: 'not-openai' } } });
  });

  it('reports a tool call', async () => {
    const call = { index: 0, id: null, type: 'function', function: { name: 'f', arguments: '' } };
    const { outcome } = await read([
      event({ choices: [{ delta: { tool_calls: [call] } }] }),
      event({ choices: [{ delta: {}, finish_reason: 'tool_calls' }] }),
    ]);
    expect(outcome).toMatchObject({ type: 'ended', end: { reason: 'tool-calls' } });
  });
});
