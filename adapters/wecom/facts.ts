import type { FactBlock } from '../../src/contract/reply.ts';
import { barsOf, oneLine } from '../shared/fact-text.ts';
import { renderWecomMarkdown } from './render.ts';

/** More points than a phone is wide only cost bytes. */
const MAX_POINTS = 30;
const MAX_ROWS = 50;

/** Facts as Markdown: as tables where these are drawn, otherwise as lists. */
export function factsMarkdown(facts: readonly FactBlock[], tables: boolean): string {
  return facts.map((fact) => renderWecomMarkdown(factMarkdown(fact, tables), true)).join('\n\n');
}

function factMarkdown(fact: FactBlock, tables: boolean): string {
  if (fact.type === 'series') return `**${oneLine(fact.title)}** ${barsOf(fact, MAX_POINTS)}`;
  const title = fact.title === undefined ? [] : [`**${oneLine(fact.title)}**`, ''];
  const rows = fact.rows.slice(0, MAX_ROWS);
  const more = fact.rows.length > rows.length ? ['…'] : [];
  if (!tables) {
    const items = rows.map((cells) => `- ${listed(fact.columns, cells)}`);
    return [...title, ...headingOf(fact.columns), ...items, ...more].join('\n');
  }
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  const dashes = `|${fact.columns.map(() => ' --- |').join('')}`;
  return [...title, line(fact.columns), dashes, ...rows.map(line), ...more].join('\n');
}

/** Of two columns the heading stands once above the list, of more in each line. */
function headingOf(columns: readonly string[]): string[] {
  const [first = '', second = ''] = columns.map(oneLine);
  return columns.length === 2 ? [`**${first}** · ${second}`, ''] : [];
}

function listed(columns: readonly string[], cells: readonly string[]): string {
  const [first = '', ...others] = cells.map(oneLine);
  if (columns.length === 2) return `${first} · ${others.join('')}`;
  const named = others.map((value, index) => `${oneLine(columns[index + 1] ?? '')} ${value}`.trim());
  return [first, ...named].join(' · ');
}

const cell = (text: string): string => oneLine(text).replaceAll('|', '\\|');
