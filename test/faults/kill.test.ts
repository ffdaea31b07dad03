import { describe, expect, it } from 'vitest';
import { runKillRounds } from './kill-rounds.ts';

describe('killed at random moments, the service', () => {
  it.each([
    { webhook: false, seed: 11 },
    { webhook: true, seed: 12 },
  ])(
    'closes one reply for every message it took, webhook: $webhook, seed: $seed',
    async ({ webhook, seed }) => {
      const { faults, messages } = await runKillRounds({ seed, rounds: 5, webhook });
      expect(faults).toEqual([]);
      expect(messages).toBeGreaterThan(4);
    },
    120_000,
  );
});
