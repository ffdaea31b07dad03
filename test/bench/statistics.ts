/** The value that `share` (0 < share ≤ 1) of all values do not exceed, by nearest rank; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length, Math.max(1, Math.ceil(sorted.length * share))) - 1] ?? Number.NaN;
}

/** The middle value; the lower one of two. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** A straight line through points, and how high its slope may really be. */
export type Trend = {
  readonly slope: number;
  /** The upper end of the two-sided 95 % confidence interval of the slope. */
  readonly upperSlope: number;
};

/** Least squares; NaN with fewer than three points, for two say nothing about their scatter. */
export function trendOf(points: readonly { readonly x: number; readonly y: number }[]): Trend {
  const count = points.length;
  if (count < 3) return { slope: Number.NaN, upperSlope: Number.NaN };
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / count;
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const residual = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  const error = Math.sqrt(residual / (count - 2) / spread);
  return { slope, upperSlope: slope + studentT(count - 2) * error };
}

/** The 97.5 % point of Student's t with so many degrees of freedom, by Cornish and Fisher's expansion (0.02 % off at 5). */
function studentT(freedom: number): number {
  const exact = [12.706, 4.303, 3.182, 2.776][freedom - 1];
  if (exact !== undefined) return exact;
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}
