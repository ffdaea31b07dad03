import { CardProblem } from './card-problem.ts';
import { chartTypes } from './card-schema.ts';
import { isObject, type JsonObject } from './json.ts';

const columnTypes = new Set(['text', 'lark_md', 'markdown', 'options', 'number', 'persons', 'date']);
const maxColumns = 50;
const maxPageSize = 10;

/** A chart whose specification names no known type or brings no data is refused with 200550. */
export function checkChart(element: JsonObject, path: string): void {
  const spec = element['chart_spec'];
  const refuse = (reason: string): CardProblem =>
    new CardProblem(200550, `chart spec is invalid: ${reason}`, `${path}(tag: chart)`);
  if (!isObject(spec)) throw refuse('chart_spec is no object');
  const type = spec['type'];
  if (typeof type !== 'string' || !chartTypes.has(type)) throw refuse('unknown type');
  const sources = Array.isArray(spec['data']) ? spec['data'] : [spec['data']];
  if (sources.length === 0 || !sources.every(hasValues)) throw refuse('data without values');
  if (type === 'common' && !Array.isArray(spec['series'])) throw refuse('series is missing');
}

function hasValues(source: unknown): boolean {
  return isObject(source) && Array.isArray(source['values']);
}

/** Columns, rows and page size of a table component; at root level only. */
export function checkTable(element: JsonObject, path: string, atRoot: boolean): void {
  const refuse = (reason: string): CardProblem =>
    new CardProblem(200914, `table: ${reason}`, `${path}(tag: table)`);
  if (!atRoot) throw refuse('only allowed at the root of the card');
  const { columns, rows, page_size: pageSize } = element;
  if (!Array.isArray(columns) || columns.length === 0 || columns.length > maxColumns) throw refuse('columns');
  const names = columns.map(checkColumn);
  if (names.includes(undefined)) throw refuse('column without name or with an unknown data_type');
  if (pageSize !== undefined && !(isWhole(pageSize) && pageSize >= 1 && pageSize <= maxPageSize)) {
    throw refuse('page_size');
  }
  if (!Array.isArray(rows) || !rows.every(isObject)) {
    throw new CardProblem(200915, 'table rows are invalid', `${path}(tag: table)`);
  }
}

function checkColumn(column: unknown): string | undefined {
  if (!isObject(column) || typeof column['name'] !== 'string') return undefined;
  const type = column['data_type'] ?? 'text';
  return typeof type === 'string' && columnTypes.has(type) ? column['name'] : undefined;
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value);
}
