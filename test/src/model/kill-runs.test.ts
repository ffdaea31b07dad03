import { expect, it } from 'vitest';
import { killRuns } from './kill-runs.ts';

// The long form is a script: `node test/src/model/kill-runs.ts 200`.
it(
  'never shows anybody that one of two servers died before its first token',
  { timeout: 60_000 },
  async () => {
    const { killed, killedAsked, seen } = await killRuns(20, 5);
    expect(seen).toEqual([]);
    expect(killed).toBe(20);
    expect(killedAsked).toBeGreaterThan(0);
  },
);
