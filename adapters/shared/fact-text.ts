import type { FactBlock } from '../../src/contract/reply.ts';

/** Every n-th point so that at most `most` are left, the last one always among them. */
export function thinned<Point>(points: readonly Point[], most: number): readonly Point[] {
  const step = Math.ceil(points.length / most);
  return step <= 1 ? points : points.filter((_, index) => (points.length - 1 - index) % step === 0);
}

type Series = Extract<FactBlock, { type: 'series' }>;

const BARS = '▁▂▃▄▅▆▇█';

/** `▁▂█ 3 个 (0–7)`: a bar for each point, as high as its share of the highest, then the last value and the range. */
export function barsOf({ points, unit }: Series, most: number): string {
  const values = thinned(points, most).map(({ value }) => value);
  const last = values.at(-1);
  if (last === undefined) return '…';
  const [least, highest] = [Math.min(...values), Math.max(...values)];
  const bars = values.map((value) =>
    BARS.charAt(Math.max(0, Math.round((value / (highest || 1)) * (BARS.length - 1)))),
  );
  return `${bars.join('')} ${last} ${oneLine(unit)} (${least}–${highest})`;
}

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
