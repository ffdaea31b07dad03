import { describe, expect, it } from 'vitest';
import { httpFaults, tooManyRequests } from '../../simulators/qwen/faults.ts';
import type { Fault } from '../../simulators/qwen/types.ts';
import type { ModelEnd, ModelFaultCode } from '../../../src/model/types.ts';
import { askOnce, startModel, startSimulator } from './support.ts';

type Expected = readonly [reason: ModelEnd['reason'], code: ModelFaultCode | undefined];

/** Every lasting fault, and how the one answer to a message ends. */
const faults: readonly (readonly [name: string, fault: Fault, expected: Expected])[] = [
  ['401', httpFaults.unauthorized, ['failed', 'unauthorized']],
  ['403 as JSON', httpFaults.forbidden, ['failed', 'forbidden']],
  ['403 as text', httpFaults.forbiddenText, ['failed', 'forbidden']],
  ['404 for the model', httpFaults.modelMissing, ['failed', 'model-missing']],
  ['404 for the path', httpFaults.wrongPath, ['failed', 'wrong-path']],
  ['413 from a gateway', httpFaults.bodyTooLarge, ['failed', 'body-too-large']],
  ['429', httpFaults.tooMany, ['failed', 'overloaded']],
  ['429 for an hour', tooManyRequests(3600), ['failed', 'overloaded']],
  ['500', httpFaults.serverError, ['failed', 'server-error']],
  ['500 without a body', httpFaults.serverErrorEmpty, ['failed', 'server-error']],
  ['a dead engine', httpFaults.engineDead, ['failed', 'engine-dead']],
  ['502 as HTML', httpFaults.badGateway, ['failed', 'gateway']],
  ['503 while loading', httpFaults.loading, ['failed', 'loading']],
  ['503 with a full queue', httpFaults.queueFull, ['failed', 'overloaded']],
  ['504', httpFaults.gatewayTimeout, ['failed', 'gateway']],
  ['a reset before the headers', { type: 'reset-before-headers' }, ['failed', 'unreachable']],
  ['silence before the headers', { type: 'stall-before-headers' }, ['failed', 'first-token-timeout']],
  ['silence before the first token', { type: 'stall-before-first-token' }, ['failed', 'first-token-timeout']],
  ['HTML instead of a stream', { type: 'html-stream' }, ['failed', 'not-openai']],
  ['nothing but [DONE]', { type: 'only-done' }, ['failed', 'cut-off']],
  [
    'an error as the first event',
    { type: 'error-event', afterTokens: 0, done: true },
    ['failed', 'server-error'],
  ],
  [
    'a full queue as the first event',
    { type: 'error-event', afterTokens: 0, done: true, code: 503, message: 'The request queue is full.' },
    ['failed', 'overloaded'],
  ],
  [
    'an error in mid-stream with [DONE]',
    { type: 'error-event', afterTokens: 4, done: true },
    ['truncated', 'server-error'],
  ],
  [
    'an error in mid-stream without [DONE]',
    { type: 'error-event', afterTokens: 4, done: false },
    ['truncated', 'server-error'],
  ],
  [
    'an error as a bare string',
    { type: 'error-event', afterTokens: 4, done: false, form: 'string' },
    ['truncated', 'server-error'],
  ],
  [
    'an error: line',
    { type: 'error-event', afterTokens: 4, done: false, form: 'error-line' },
    ['truncated', 'server-error'],
  ],
  [
    'an empty chunk and the end',
    { type: 'error-event', afterTokens: 4, done: false, form: 'empty-chunk' },
    ['truncated', 'cut-off'],
  ],
  ['an end without a finish reason', { type: 'end-early', afterTokens: 4 }, ['truncated', 'cut-off']],
  ['a reset in mid-stream', { type: 'reset', afterTokens: 4 }, ['truncated', 'cut-off']],
  ['silence in mid-stream', { type: 'stall', afterTokens: 4 }, ['truncated', 'idle-timeout']],
  ['the death of the engine', { type: 'engine-death', afterTokens: 4 }, ['truncated', 'engine-dead']],
  [
    'a line of five megabytes',
    { type: 'huge-line', afterTokens: 4, bytes: 5_000_000 },
    ['truncated', 'not-openai'],
  ],
  [
    'garbage between the events',
    { type: 'noise', afterTokens: 4, line: 'data: {"id": "chatc' },
    ['stop', undefined],
  ],
  [
    'an event of another kind',
    { type: 'noise', afterTokens: 4, line: 'data: {"choices":[null]}' },
    ['stop', undefined],
  ],
  [
    'the same words without end',
    { type: 'endless', text: 'and again the same words ' },
    ['truncated', 'runaway'],
  ],
];

/** A fault that is only noticed by waiting is waited for a quarter of a second or so. */
function impatience(fault: Fault): { firstTokenTimeoutMs?: number; idleTimeoutMs?: number } {
  return fault.type.startsWith('stall') ? { firstTokenTimeoutMs: 6_000, idleTimeoutMs: 5_000 } : {};
}

describe('whatever the server does, an answer has exactly one end', () => {
  it.each(faults)('%s', async (_name, fault, [reason, code]) => {
    const simulator = await startSimulator();
    simulator.setAnswer(() => ({ text: 'one two three four five six seven' }));
    simulator.setFault(fault);
    const { end, text } = await askOnce(startModel([simulator.baseUrl], impatience(fault)));
    expect({ reason: end.reason, code: end.fault?.code }).toEqual({ reason, code });
    if (reason === 'truncated') expect(text).toMatch(/^one two three fou|^and again/);
    if (reason === 'failed') expect(text).toBe('');
    if (reason === 'stop') expect(text).toBe('one two three four five six seven');
    await expect.poll(() => simulator.openStreams).toBe(0);
  });

  it('a port nobody listens on', async () => {
    const simulator = await startSimulator();
    await simulator.goDown();
    const { end } = await askOnce(startModel([simulator.baseUrl]));
    expect(end).toMatchObject({ reason: 'failed', fault: { code: 'unreachable', evidence: 'ECONNREFUSED' } });
  });

  it('a reader that is slow is no silent server', async () => {
    const simulator = await startSimulator();
    simulator.setAnswer(() => ({ text: 'word '.repeat(400) }));
    const model = startModel([simulator.baseUrl], { idleTimeoutMs: 2_000 });
    let text = '';
    let pauses = 0;
    for await (const event of model.ask(
      { messages: [{ role: 'user', text: 'go' }] },
      new AbortController().signal,
    )) {
      if (event.type === 'text-delta') text += event.text;
      if (event.type === 'text-delta' && (pauses += 1) <= 2)
        await new Promise((resolve) => setTimeout(resolve, 150));
      if (event.type === 'end') expect(event.reason).toBe('stop');
    }
    expect(text).toBe('word '.repeat(400));
  });
});
