import type { FactBlock } from '../../src/contract/reply.ts';
import { renderDingTalkMarkdown } from './render.ts';

const MAX_ROWS = 30;
// More points than a phone's card is wide only cost bytes.
const MAX_POINTS = 24;

/**
 * Tables and series as lists: robot messages show no tables, and in cards a wide one is cut off on phones. The first
 * column names the line, the others are named in it.
 */
export function factMarkdown(fact: FactBlock): string {
  const title = fact.title === undefined ? [] : [`**${oneLine(fact.title)}**`, ''];
  const lines =
    fact.type === 'table'
      ? [...fact.rows.slice(0, MAX_ROWS).map((row) => rowItem(row, fact.columns)), ...moreRows(fact.rows)]
      : thinned(fact.points).map(({ at, value }) => `- ${timeLabel(at)}: ${value} ${oneLine(fact.unit)}`);
  return renderDingTalkMarkdown([...title, ...lines].join('\n'), true);
}

function rowItem([name = '', ...values]: readonly string[], columns: readonly string[]): string {
  const named = values.map((value, index) => `${oneLine(columns[index + 1] ?? '')}: ${oneLine(value)}`);
  return `- ${[`**${oneLine(name)}**`, ...named].join(' · ')}`;
}

const moreRows = (rows: readonly unknown[]): readonly string[] => (rows.length > MAX_ROWS ? ['- …'] : []);

/** Every n-th point, the last one always among them. */
function thinned<Point>(points: readonly Point[]): readonly Point[] {
  const step = Math.ceil(points.length / MAX_POINTS);
  return step <= 1 ? points : points.filter((_, index) => (points.length - 1 - index) % step === 0);
}

function timeLabel(at: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('*', '∗').trim();
}
