import type { FactBlock } from '../../src/contract/reply.ts';
import { barsOf, oneLine } from '../shared/fact-text.ts';
import { renderDingTalkMarkdown } from './render.ts';

const MAX_ROWS = 30;
// More points than a phone's card is wide only cost bytes.
const MAX_POINTS = 24;

/**
 * Tables as lists: robot messages show no tables, and in cards a wide one is cut off on phones. The first column names
 * the line, the others are named in it; of two columns the heading stands once above the list. A series is one line of bars.
 */
export function factMarkdown(fact: FactBlock): string {
  if (fact.type === 'series')
    return renderDingTalkMarkdown(`**${plainLine(fact.title)}** ${barsOf(fact, MAX_POINTS)}`, true);
  const title = fact.title === undefined ? [] : [`**${plainLine(fact.title)}**`, ''];
  const [first = '', second = ''] = fact.columns.map(plainLine);
  const heading = fact.columns.length === 2 ? [`**${first}** · ${second}`, ''] : [];
  const lines = [
    ...fact.rows.slice(0, MAX_ROWS).map((row) => rowItem(row, fact.columns)),
    ...moreRows(fact.rows),
  ];
  return renderDingTalkMarkdown([...title, ...heading, ...lines].join('\n'), true);
}

function rowItem([name = '', ...values]: readonly string[], columns: readonly string[]): string {
  const alone = columns.length === 2;
  const named = values.map((value, index) =>
    alone ? plainLine(value) : `${plainLine(columns[index + 1] ?? '')}: ${plainLine(value)}`,
  );
  return `- ${[`**${plainLine(name)}**`, ...named].join(' · ')}`;
}

const moreRows = (rows: readonly unknown[]): readonly string[] => (rows.length > MAX_ROWS ? ['- …'] : []);

/** Asterisks would end the bold text they stand in. */
const plainLine = (text: string): string => oneLine(text).replaceAll('*', '∗');
