import { describe, expect, it } from 'vitest';
import { median, percentile, trendOf } from './statistics.ts';

describe('percentile', () => {
  it('is a value that was measured, by nearest rank, whatever the order', () => {
    const values = [50, 15, 40, 20, 35];
    expect([0.05, 0.3, 0.4, 0.5, 1].map((share) => percentile(values, share))).toEqual([15, 20, 20, 35, 50]);
  });

  it('takes the lower middle of an even number', () => expect(median([4, 1, 3, 2])).toBe(2));

  it('is no number of nothing', () => expect(percentile([], 0.5)).toBeNaN());
});

describe('trend', () => {
  it('finds the line without scatter exactly', () => {
    const { slope, upperSlope } = trendOf([0, 1, 2, 5].map((x) => ({ x, y: 7 + 3 * x })));
    expect(slope).toBeCloseTo(3, 10);
    expect(upperSlope).toBeCloseTo(3, 10);
  });

  it('bounds the slope as the tables say', () => {
    // By hand: slope 0.6, residual squares 2.4, standard error 0.2828, t(3; 97.5 %) = 3.182.
    const points = [2, 4, 5, 4, 5].map((y, index) => ({ x: index + 1, y }));
    const { slope, upperSlope } = trendOf(points);
    expect(slope).toBeCloseTo(0.6, 10);
    expect(upperSlope).toBeCloseTo(0.6 + 3.182 * 0.28284, 3);
  });

  it.each([
    [4, 2.776],
    [10, 2.228],
    [30, 2.042],
  ])('takes the right t with %i degrees of freedom', (freedom, t) => {
    const points = Array.from({ length: freedom + 2 }, (_, x) => ({ x, y: x % 2 === 0 ? 1 : -1 }));
    const { slope, upperSlope } = trendOf(points);
    const meanX = (freedom + 1) / 2;
    const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
    const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
    const residual = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
    const error = Math.sqrt(residual / freedom / spread);
    expect((upperSlope - slope) / error).toBeCloseTo(t, 2);
  });

  it('says nothing from two points', () => {
    expect(
      trendOf([
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ]).upperSlope,
    ).toBeNaN();
  });
});
