import type { Figure } from './measurement.ts';

const heading = ['| figure | measured | floor | target |', '|---|---:|---:|---|'];

/** The figures as a Markdown table. `floor`: what the same costs without us, or the best that the platform permits. */
export function toTable(figures: readonly Figure[]): string {
  return [...heading, ...figures.map(toRow)].join('\n');
}

/** A figure without a target holds always. */
export function holds({ value, target }: Figure): boolean {
  return target === undefined || value <= target;
}

/** Two or three digits: more than any run repeats. */
export function toShown(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return groupThousands(value.toFixed(0));
  if (size < 1) return value.toPrecision(2);
  return value.toFixed(size < 10 ? 2 : 1);
}

function toRow(figure: Figure): string {
  const { name, value, unit, target, floor } = figure;
  const beside = floor === undefined ? '' : `${toShown(floor)} ${unit}`;
  const verdict = target === undefined ? '' : `≤ ${toShown(target)} ${holds(figure) ? '✓' : '✗'}`;
  return `| ${name} | ${toShown(value)} ${unit} | ${beside} | ${verdict} |`;
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
