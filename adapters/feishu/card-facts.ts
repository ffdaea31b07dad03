import type { FactBlock } from '../../src/contract/reply.ts';
import { thinned, oneLine } from '../shared/fact-text.ts';
import { markdownElement } from './card-elements.ts';
import type { CardElement } from './card-elements.ts';
import { renderFeishuMarkdown } from './render.ts';

// Guide to the table component: at most 50 columns, pages of 1 to 10 rows, 5 tables in a card.
const MAX_COLUMNS = 50;
const MAX_PAGE_ROWS = 10;
/** Tables in one card, components and Markdown together. */
export const MAX_CARD_TABLES = 5;
// Guide to the chart component: at most 5 in a card are advised.
const MAX_CHARTS = 5;
// More points than a phone's card is wide only cost bytes.
const MAX_POINTS = 60;

type Table = Extract<FactBlock, { type: 'table' }>;
type Series = Extract<FactBlock, { type: 'series' }>;

/** Facts as native tables and charts; what is beyond the numbers a card may hold becomes code. */
export function factElements(facts: readonly FactBlock[], maxRows: number, maxTables: number): CardElement[] {
  let tables = 0;
  let charts = 0;
  return facts.flatMap((fact, index) => {
    const id = `fact_${index}`;
    if (fact.type === 'table') {
      tables += 1;
      if (tables > maxTables || fact.columns.length === 0)
        return [markdownElement(id, factMarkdown(fact, maxRows))];
      const title = fact.title === undefined ? [] : [markdownElement(`${id}_title`, heading(fact.title))];
      return [...title, tableElement(id, fact, maxRows)];
    }
    charts += 1;
    return [charts > MAX_CHARTS ? markdownElement(id, factMarkdown(fact, maxRows)) : chartElement(id, fact)];
  });
}

/** A fact where nothing native can stand: in a post, in plain text, in a card that was refused. */
export function factMarkdown(fact: FactBlock, maxRows: number): string {
  const title = fact.title === undefined ? '' : `${heading(fact.title)}\n`;
  const rows =
    fact.type === 'table'
      ? [fact.columns, ...firstRows(fact, maxRows)]
      : thinned(fact.points, MAX_POINTS).map(({ label, value }) => [label, `${value} ${fact.unit}`]);
  const lines = rows.map((cells) => cells.map(oneLine).join(' | '));
  return renderFeishuMarkdown(
    `${title}\`\`\`\n${lines.join('\n').replaceAll('```', "'''")}\n\`\`\``,
    true,
    0,
  );
}

function heading(title: string): string {
  return renderFeishuMarkdown(`**${oneLine(title)}**`, true, 0);
}

function tableElement(id: string, table: Table, maxRows: number): CardElement {
  const columns = table.columns.slice(0, MAX_COLUMNS);
  const rows = firstRows(table, maxRows);
  return {
    tag: 'table',
    element_id: id,
    page_size: Math.min(MAX_PAGE_ROWS, Math.max(1, rows.length)),
    columns: columns.map((name, index) => ({
      name: `c${index}`,
      display_name: name,
      data_type: 'text',
      width: 'auto',
    })),
    rows: rows.map((cells) =>
      Object.fromEntries(columns.map((_, index) => [`c${index}`, cells[index] ?? ''])),
    ),
  };
}

/** Marks with a last row of dots that rows were left out. */
function firstRows({ rows }: Table, maxRows: number): readonly (readonly string[])[] {
  return rows.length <= maxRows ? rows : [...rows.slice(0, maxRows), ['…']];
}

function chartElement(id: string, series: Series): CardElement {
  const values = thinned(series.points, MAX_POINTS).map(({ label, value }) => ({ time: label, value }));
  return {
    tag: 'chart',
    element_id: id,
    aspect_ratio: '16:9',
    chart_spec: {
      type: 'line',
      title: { text: `${series.title} (${series.unit})` },
      data: { values },
      xField: 'time',
      yField: 'value',
    },
  };
}
