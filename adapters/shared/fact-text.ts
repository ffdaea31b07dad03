import type { FactBlock } from '../../src/contract/reply.ts';

/** Every n-th point so that at most `most` are left, the last one always among them. */
export function thinned<Point>(points: readonly Point[], most: number): readonly Point[] {
  const step = Math.ceil(points.length / most);
  return step <= 1 ? points : points.filter((_, index) => (points.length - 1 - index) % step === 0);
}

type Series = Extract<FactBlock, { type: 'series' }>;
type Labelled = { readonly label: string; readonly value: number };

const dayMs = 24 * 60 * 60_000;

/** At most so many points, each with its time: `08:05` where all are of one day, else `11-20 08:05`. The server's zone. */
export function labelled(points: Series['points'], most: number): readonly Labelled[] {
  const shown = thinned(points, most);
  const [first, last] = [shown[0]?.at.getTime() ?? 0, shown.at(-1)?.at.getTime() ?? 0];
  const oneDay = last - first < dayMs;
  return shown.map(({ at, value }) => ({ label: oneDay ? timeOf(at) : `${dayOf(at)} ${timeOf(at)}`, value }));
}

const two = (number: number): string => String(number).padStart(2, '0');
const dayOf = (at: Date): string => `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const timeOf = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}`;

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
