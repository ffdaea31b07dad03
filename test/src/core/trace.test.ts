import { expect, it } from 'vitest';
import { askModel } from '../../../src/core/ask-model.ts';
import { createTrace } from '../../../src/core/trace.ts';
import type { Ending, TurnTrace } from '../../../src/core/turn.ts';
import type { ModelEvent } from '../../../src/model/types.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { createFakeModel, description } from '../../fakes/model.ts';
import { questionTurn, traceOf } from './traces.ts';

/** What is written down of one question whose events come a hundred milliseconds apart. */
async function traced(...answers: (readonly ModelEvent[])[]): Promise<TurnTrace> {
  const clock = createFakeClock();
  const trace = traceOf(clock);
  for (const events of answers) {
    const model = createFakeModel();
    model.answerWith(async function* () {
      for (const event of events) {
        await clock.sleep(100);
        yield event;
      }
    });
    let text = '';
    const asked = askModel({
      model,
      request: { messages: [] },
      reply: {
        progress: () => undefined,
        append: (more) => void (text += more),
        clear: () => void (text = ''),
        text: () => text,
      },
      language: 'zh',
      clock,
      signal: new AbortController().signal,
      trace,
      onMoved: () => undefined,
      onPartial: () => undefined,
      onFirstText: () => undefined,
    });
    await clock.advance(events.length * 100);
    await asked;
  }
  return trace.soFar();
}

const start: ModelEvent = { type: 'start', server: description };
const text: ModelEvent = { type: 'text-delta', text: '字' };
const thought: ModelEvent = { type: 'reasoning-delta', text: '想' };
const usage = { promptTokens: 10, completionTokens: 30 };

it('has each step of an answer in milliseconds, and the speed from the first token on', async () => {
  expect(
    await traced([start, thought, text, text, { type: 'end', reason: 'stop', usage, retries: 2 }]),
  ).toEqual({
    askedMs: 0,
    servedMs: 100,
    firstTokenMs: 200,
    firstTextMs: 300,
    lastTokenMs: 500,
    server: 'gpu.internal:8000',
    engine: 'vllm',
    tokensPerSecond: 100,
    retries: 2,
  });
});

it('counts the wait for a server apart from what the server took', async () => {
  const sentAt = new Date(createFakeClock().now().getTime() + 40);
  expect(await traced([{ ...start, sentAt }, text])).toMatchObject({ servedMs: 40, firstTokenMs: 200 });
});

it('tells no speed of an answer that came all at once', async () => {
  const trace = await traced([start, { type: 'end', reason: 'stop', usage }]);
  expect(trace.tokensPerSecond).toBeUndefined();
});

it('takes back the first word when it was reasoning after all', async () => {
  const trace = await traced([start, text, { type: 'text-was-reasoning' }, text]);
  expect(trace).toMatchObject({ firstTokenMs: 200, firstTextMs: 400 });
});

it('names the server that failed, and counts a second request for the same question', async () => {
  const fault = { code: 'context-overflow', evidence: '400' } as const;
  const failed: ModelEvent = { type: 'end', reason: 'failed', fault, host: 'gpu-2:8000' };
  expect(await traced([failed])).toMatchObject({ server: 'gpu-2:8000' });
  expect(await traced([failed], [start, text, { type: 'end', reason: 'stop' }])).toMatchObject({
    askedMs: 0,
    server: 'gpu.internal:8000',
    retries: 1,
  });
});

it('counts no retry when the question was asked anew because more was said', async () => {
  const trace = await traced([{ type: 'end', reason: 'aborted' }], [start, text]);
  expect(trace.retries).toBeUndefined();
});

it('has when the reply was there, when words were, and how often it was edited', async () => {
  const clock = createFakeClock();
  const trace = traceOf(clock);
  const steps = [
    ['opened', false],
    ['edited', false],
    ['edited', true],
    ['edited', true],
  ] as const;
  for (const [step, words] of steps) {
    await clock.advance(10);
    trace.shown(step, words);
  }
  await clock.advance(10);
  trace.closed('delivered');
  expect(trace.soFar()).toEqual({ openedMs: 10, firstShownMs: 30, edits: 3, closedMs: 50 });
});

it.each([
  [
    { status: 'failed', notice: { type: 'fault', fault: { code: 'overloaded', evidence: '' } } },
    'overloaded',
  ],
  [{ status: 'interrupted', notice: { type: 'restarted' } }, 'restarted'],
  [{ status: 'stopped', notice: { type: 'stopped' } }, undefined],
  [{ status: 'complete', notice: { type: 'length' } }, undefined],
] as const)('of an ending %j has the cause %s', (ending, cause) => {
  const trace = traceOf(createFakeClock());
  trace.ending({ ...ending, remarks: [], durationMs: 0 } satisfies Ending);
  expect(trace.soFar().fault).toBe(cause);
});

it('has a cause also where the platform refused what was to be shown', () => {
  const trace = traceOf(createFakeClock());
  trace.closed('undeliverable');
  expect(trace.soFar()).toEqual({ fault: 'undeliverable' });
});

it('goes on after a restart: whole when only the delivery was left, else with the age of the reply', () => {
  const clock = createFakeClock();
  const earlier = { openedMs: 5, askedMs: 7, edits: 3 };
  const ending: Ending = { status: 'complete', remarks: [], durationMs: 9 };
  expect(createTrace(questionTurn(clock, { trace: earlier, ending }), clock).soFar()).toEqual(earlier);
  expect(createTrace(questionTurn(clock, { trace: earlier }), clock).soFar()).toEqual({ openedMs: 5 });
});
