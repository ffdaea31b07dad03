import { expect, it } from 'vitest';
import { askModel } from '../../../src/core/ask-model.ts';
import type { ModelQueued } from '../../../src/model/types.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { createFakeModel, description, type Script } from '../../fakes/model.ts';
import { traceOf } from './traces.ts';

/** Stands in the model's line as these events say, one after another, then answers. */
function queuing(clock: FakeClock, ...places: readonly ModelQueued[]): Script {
  return async function* () {
    for (const place of places) {
      yield place;
      await clock.sleep(5_000);
    }
    yield { type: 'queued', ahead: 0 };
    yield { type: 'start', server: description };
    yield { type: 'text-delta', text: '好' };
    yield { type: 'end', reason: 'stop' };
  };
}

/** Every line that stood beside the reply, in its order. */
async function linesShown(places: readonly ModelQueued[], language: 'zh' | 'en'): Promise<string[]> {
  const clock = createFakeClock();
  const model = createFakeModel();
  model.answerWith(queuing(clock, ...places));
  const lines: string[] = [];
  let text = '';
  const asked = askModel({
    model,
    request: { messages: [{ role: 'user', text: '?' }] },
    reply: {
      progress: (line) => void lines.push(line),
      append: (more) => void (text += more),
      clear: () => void (text = ''),
      text: () => text,
    },
    language,
    clock,
    signal: new AbortController().signal,
    trace: traceOf(clock),
    onMoved: () => undefined,
    onPartial: () => undefined,
    onFirstText: () => undefined,
  });
  await clock.advance(places.length * 5_000);
  expect((await asked).end.reason).toBe('stop');
  expect(text).toBe('好');
  expect(clock.sleeping()).toBe(0);
  return lines;
}

it('shows the place in line with the seconds it will take, fewer as they pass', async () => {
  const lines = await linesShown(
    [
      { type: 'queued', ahead: 2, expectedMs: 12_000 },
      { type: 'queued', ahead: 1, expectedMs: 6_000 },
    ],
    'zh',
  );
  expect(lines.filter((line) => line.startsWith('前面'))).toEqual([
    '前面还有 2 个问题，约 12 秒',
    '前面还有 2 个问题，约 10 秒',
    '前面还有 2 个问题，约 8 秒',
    '前面还有 1 个问题，约 6 秒',
    '前面还有 1 个问题，约 4 秒',
    '前面还有 1 个问题，约 2 秒',
  ]);
});

it('promises no time while none was measured, nor when it has taken longer than was told', async () => {
  expect(await linesShown([{ type: 'queued', ahead: 3 }], 'en')).toContain('3 questions before yours…');
  const late = await linesShown([{ type: 'queued', ahead: 1, expectedMs: 3_000 }], 'en');
  expect(late.filter((line) => line.includes('before yours'))).toEqual([
    '1 question before yours, about 3 s',
    '1 question before yours, about 1 s',
    '1 question before yours…',
  ]);
});

it('tells long waits in minutes', async () => {
  const [first] = (await linesShown([{ type: 'queued', ahead: 40, expectedMs: 200_000 }], 'zh')).filter(
    (line) => line.startsWith('前面'),
  );
  expect(first).toBe('前面还有 40 个问题，约 3 分钟');
});
