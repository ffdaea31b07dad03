import { describe, expect, it } from 'vitest';
import { idealFigures, type IdealReply } from './ideal.ts';

const limits = [
  { per: 'api', calls: 50, windowMs: 1_000 },
  { per: 'api', calls: 1_000, windowMs: 60_000 },
  { per: 'card', calls: 10, windowMs: 1_000 },
] as const;

function asked(replies: number, tokens: number, intervalMs: number): IdealReply[] {
  return Array.from({ length: replies }, (_, number) => {
    const askedAt = 1_000_000 + number * 20;
    return {
      askedAt,
      sentAt: Array.from({ length: tokens }, (__, token) => askedAt + 50 + token * intervalMs),
    };
  });
}

describe('the ideal schedule', () => {
  it('edits one card ten times a second: a token waits 40 ms at most half the time, and never more than 80', () => {
    const { lagP50, lagP95, firstTextP95 } = idealFigures(asked(1, 200, 20), limits);
    expect(lagP50).toBe(40);
    expect(lagP95).toBe(80);
    expect(firstTextP95).toBe(0);
  });

  it('shares fifty calls a second among eight short answers', () => {
    const { lagP50, lagP95 } = idealFigures(asked(8, 200, 20), limits);
    expect(lagP50).toBeGreaterThanOrEqual(60);
    expect(lagP50).toBeLessThanOrEqual(80);
    expect(lagP95).toBeGreaterThanOrEqual(130);
    expect(lagP95).toBeLessThanOrEqual(160);
  });

  it('lets each of two hundred long answers wait for its turn about twelve seconds', () => {
    const { lagP50, lagP95 } = idealFigures(asked(200, 3_600, 50), limits);
    expect(lagP95).toBeGreaterThan(10_000);
    expect(lagP95).toBeLessThan(12_500);
    expect(lagP50).toBeLessThan(6_500);
  });

  it('closes as many replies a second as one API takes', () => {
    const { closedP95 } = idealFigures(
      asked(100, 10, 20).map((reply) => ({ ...reply, sentAt: [5_000_000] })),
      limits,
    );
    expect(closedP95).toBe(94 * 20);
  });
});
