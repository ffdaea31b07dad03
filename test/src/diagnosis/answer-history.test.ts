import { describe, expect, it } from 'vitest';
import type { TurnTrace } from '../../../src/core/turn.ts';
import { answerHistory } from '../../../src/diagnosis/answer-history.ts';
import type { TracedTurn } from '../../../src/store/turns.ts';

const now = new Date('2026-11-20T09:02:30Z');
const minuteMs = 60_000;

const turn = (minutesAgo: number, trace: TurnTrace): TracedTurn => ({
  acceptedAt: now.getTime() - minutesAgo * minuteMs,
  state: trace.fault === undefined ? 'done' : 'failed',
  trace,
});
const history = (...turns: TracedTurn[]) => answerHistory(turns, now);

describe('a server of the last hour', () => {
  it('has its median and its slowest first tokens, counted from the request’s leaving', () => {
    const { servers } = history(
      ...Array.from({ length: 20 }, (_, index) =>
        turn(index, { server: 'a', servedMs: 5_000, firstTokenMs: 5_000 + (index + 1) * 100 }),
      ),
    );
    expect(servers.get('a')).toMatchObject({ answers: 20, firstTokenMs: { p50: 1_000, p95: 1_900 } });
  });

  it('has the median of its speeds, and none where nothing was measured', () => {
    const speeds = [10, 90, 30].map((tokensPerSecond) => turn(1, { server: 'a', tokensPerSecond }));
    const { servers } = history(...speeds, turn(2, { server: 'b' }));
    expect(servers.get('a')?.tokensPerSecond).toBe(30);
    expect(servers.get('b')).toMatchObject({ tokensPerSecond: undefined, firstTokenMs: undefined });
  });

  it('has its failures by cause, the most frequent first, and the last of them', () => {
    const { servers } = history(
      turn(1, { server: 'a' }),
      turn(2, { server: 'a', fault: 'overloaded', lastTokenMs: 60_000 }),
      turn(3, { server: 'a', fault: 'unreachable' }),
      turn(4, { server: 'a', fault: 'unreachable' }),
    );
    expect(servers.get('a')?.causes).toEqual([
      { cause: 'unreachable', count: 2 },
      { cause: 'overloaded', count: 1 },
    ]);
    expect(servers.get('a')?.lastFailure).toEqual({
      cause: 'overloaded',
      at: new Date(now.getTime() - minuteMs),
    });
  });

  it('is not blamed for what a platform refused or a restart cut, which counts all the same', () => {
    const { servers, causes } = history(
      turn(1, { server: 'a', fault: 'undeliverable' }),
      turn(2, { server: 'a', fault: 'restarted' }),
      turn(3, { fault: 'pictures-unusable' }),
    );
    expect(servers.get('a')).toMatchObject({ causes: [], lastFailure: undefined });
    expect(causes.map(({ cause }) => cause).sort()).toEqual([
      'pictures-unusable',
      'restarted',
      'undeliverable',
    ]);
  });
});

describe('the hour in steps', () => {
  it('has twelve of five minutes on the clock, the present one last, empty ones included', () => {
    const { answers } = history(turn(0, {}), turn(1, {}), turn(4, {}), turn(57, {}), turn(58, {}));
    expect(answers.map(({ value }) => value)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    expect(answers[0]?.at.toISOString()).toBe('2026-11-20T08:05:00.000Z');
    expect(answers.at(-1)?.at.toISOString()).toBe('2026-11-20T09:00:00.000Z');
  });

  it('is all zero when nobody asked', () => {
    expect(history().answers.every(({ value }) => value === 0)).toBe(true);
  });
});
