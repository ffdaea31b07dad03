import { describe, expect, it } from 'vitest';
import { runKillRounds } from './kill-rounds.ts';

describe('killed at random moments, the service', () => {
  it.each([
    { webhook: false, seed: 11, troubledPlatform: false },
    { webhook: true, seed: 12, troubledPlatform: true },
  ])(
    'closes one reply for every message it took, webhook: $webhook, lost answers: $troubledPlatform',
    async (options) => {
      const { faults, messages } = await runKillRounds({ ...options, rounds: 6 });
      expect(faults).toEqual([]);
      expect(messages).toBeGreaterThan(4);
    },
    120_000,
  );
});
