import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createServerWatch } from '../../src/diagnosis/server-watch.ts';
import type { ModelHealth } from '../../src/model/types.ts';
import { listen } from '../src/diagnosis/support.ts';
import { createHurriedClock, createMemoryLog, startModel } from '../src/model/support.ts';

it('a health check that hangs is given up, and the server called down', async () => {
  const port = await listen(createServer(() => undefined));
  const log = createMemoryLog();
  const model = startModel([`http://127.0.0.1:${port}/v1`], { clock: createHurriedClock(50), log });
  model.start();
  await expect
    .poll(() => model.health()[0], { timeout: 10_000 })
    .toMatchObject({ state: 'down', fault: { code: 'unreachable', evidence: 'TimeoutError' } });
  expect(log.lines).toMatchObject([{ level: 'warn', message: 'model server is down' }]);
});

describe('an alert', () => {
  const health = (state: 'up' | 'down', latencyMs = 30): ModelHealth => ({
    description: { host: 'gpu:8000' },
    state,
    since: new Date(0),
    latencyMs,
  });
  const lookAt = (looks: readonly ModelHealth[]): (string | undefined)[] => {
    const watch = createServerWatch({ failures: 3, slowMs: 2_000 });
    return looks.map((look, index) => watch.look(look, new Date(index * 60_000))?.type);
  };
  const [up, down] = [health('up'), health('down')];

  it('wants three failures in a row: a success begins the count anew', () => {
    expect(lookAt([up, down, down, up, down, down, up])).toEqual(Array.from({ length: 7 }, () => undefined));
    expect(lookAt([up, down, down, down]).at(-1)).toBe('down');
  });

  it('calls slow what takes more than two seconds, not what takes two', () => {
    const looks = (latencyMs: number): ModelHealth[] =>
      Array.from({ length: 3 }, () => health('up', latencyMs));
    expect(lookAt(looks(2_000)).at(-1)).toBeUndefined();
    expect(lookAt(looks(2_001)).at(-1)).toBe('slow');
  });
});
