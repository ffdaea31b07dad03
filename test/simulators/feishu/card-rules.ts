import { checkChart, checkTable } from './card-components.ts';
import { CardProblem } from './card-problem.ts';
import { cardProperties, commonProperties, elementProperties, withdrawnTags } from './card-schema.ts';
import { isObject, type JsonObject } from './json.ts';
import { scanMarkdown, type MarkdownScan } from './markdown-scan.ts';
import type { FeishuRules } from './rules.ts';

/** What a card may refer to. */
export type CardSurroundings = {
  readonly rules: FeishuRules;
  /** Whether this app uploaded the image. */
  hasImage(imageKey: string): boolean;
  /** Whether such a person can be mentioned (an open id, user id, union id or e-mail of the tenant). */
  hasPerson(id: string): boolean;
};

/** What a valid card holds, for later changes of single texts. */
export type CardReport = {
  readonly bytes: number;
  readonly elements: ReadonlyMap<string, JsonObject>;
  /** Markdown tables by the object that holds the text. */
  readonly tables: ReadonlyMap<JsonObject, number>;
  readonly tableComponents: number;
  readonly mentions: ReadonlySet<string>;
};

const elementIdShape = /^[A-Za-z][A-Za-z0-9_]{0,19}$/;
// Free data, not card structure: nothing in it is an element.
const opaqueProperties = new Set(['chart_spec', 'value', 'rows', 'behaviors']);

/** Checks a whole 2.0 card; throws `CardProblem` with the documented code for the first thing that is wrong. */
export function checkCard(card: JsonObject, surroundings: CardSurroundings): CardReport {
  const { rules } = surroundings;
  if (card['schema'] !== '2.0') throw new CardProblem(300303, 'Only schema 2.0 is supported');
  const { config, header, body } = card;
  if (isObject(config) && config['update_multi'] === false) {
    throw new CardProblem(300302, 'update_multi property is false');
  }
  if (!isObject(body) || !Array.isArray(body['elements'])) {
    throw new CardProblem(
      200220,
      'Failed to generate card content: body.elements is missing',
      'ROOT -> body',
    );
  }
  checkProperties(card, cardProperties.root, 'ROOT', rules);
  if (isObject(config)) checkProperties(config, cardProperties.config, 'ROOT -> config', rules);
  if (isObject(header)) checkProperties(header, cardProperties.header, 'ROOT -> header', rules);
  checkProperties(body, cardProperties.body, 'ROOT -> body', rules);
  const bytes = Buffer.byteLength(JSON.stringify(card));
  if (bytes > rules.limits.cardBytes) throw new CardProblem(200860, 'Card content exceeds limit.');
  return checkElements(card, bytes, surroundings);
}

function checkElements(card: JsonObject, bytes: number, surroundings: CardSurroundings): CardReport {
  const walk = createWalk(surroundings);
  walk.visit(card['header'], 'ROOT -> header', false);
  const body = isObject(card['body']) ? card['body'] : {};
  const roots = Array.isArray(body['elements']) ? body['elements'] : [];
  roots.forEach((element, index) => walk.visit(element, `ROOT -> body -> elements -> [${index}]`, true));
  if (walk.count > surroundings.rules.limits.elements) {
    throw new CardProblem(300305, 'The number of card components exceeds 200');
  }
  checkTableNumber(walk.tableComponents, walk.tables.values(), surroundings.rules);
  const { elements, tables, tableComponents, mentions } = walk;
  return { bytes, elements, tables, tableComponents, mentions };
}

/** Tables of the whole card against the cap; the reason is a text of sub-code 11310. */
export function checkTableNumber(components: number, markdown: Iterable<number>, rules: FeishuRules): void {
  let total = components;
  for (const tables of markdown) {
    if (tables > rules.tablesPerMarkdown) throw new CardProblem(11310, 'card table number over limit');
    total += tables;
  }
  if (total > rules.tablesPerCard) throw new CardProblem(11310, 'card table number over limit');
}

/** Images and people a Markdown text names must exist. */
export function checkMarkdown(text: string, path: string, surroundings: CardSurroundings): MarkdownScan {
  const scan = scanMarkdown(text);
  if (scan.images.some((key) => !surroundings.hasImage(key))) {
    throw new CardProblem(200570, 'markdown contains invalid image keys', path);
  }
  if (scan.mentions.some((id) => id !== 'all' && !surroundings.hasPerson(id))) {
    throw new CardProblem(100290, 'There is an invalid user resource(at/person) in your card', path);
  }
  return scan;
}

type Walk = {
  count: number;
  tableComponents: number;
  readonly elements: Map<string, JsonObject>;
  readonly tables: Map<JsonObject, number>;
  readonly mentions: Set<string>;
  visit(value: unknown, path: string, atRoot: boolean): void;
};

function createWalk(surroundings: CardSurroundings): Walk {
  const walk: Walk = {
    count: 0,
    tableComponents: 0,
    elements: new Map(),
    tables: new Map(),
    mentions: new Set(),
    visit(value, path, atRoot) {
      if (Array.isArray(value))
        value.forEach((item, index) => walk.visit(item, `${path} -> [${index}]`, false));
      if (!isObject(value)) return;
      if (typeof value['tag'] === 'string') element(value, value['tag'], path, atRoot);
      for (const [name, child] of Object.entries(value)) {
        if (!opaqueProperties.has(name)) walk.visit(child, `${path} -> ${name}`, false);
      }
    },
  };

  function element(value: JsonObject, tag: string, path: string, atRoot: boolean): void {
    walk.count += 1;
    checkTag(value, tag, path, surroundings.rules);
    registerId(value, walk.elements, path);
    const content = typeof value['content'] === 'string' ? value['content'] : '';
    if (tag === 'markdown' || tag === 'lark_md') {
      const scan = checkMarkdown(content, path, surroundings);
      if (scan.tables > 0) walk.tables.set(value, scan.tables);
      scan.mentions.forEach((id) => walk.mentions.add(id));
    }
    if (tag === 'chart') checkChart(value, path);
    if (tag === 'img' && !surroundings.hasImage(String(value['img_key']))) {
      throw new CardProblem(200570, 'card contains invalid image keys', `${path}(tag: img)`);
    }
    if (tag === 'table') {
      checkTable(value, path, atRoot);
      walk.tableComponents += 1;
    }
  }

  return walk;
}

function checkTag(element: JsonObject, tag: string, path: string, rules: FeishuRules): void {
  if (withdrawnTags.has(tag)) {
    throw new CardProblem(
      200861,
      `cards of schema V2 no longer support this capability; unsupported tag ${tag}`,
      path,
    );
  }
  if (!elementProperties.has(tag))
    throw new CardProblem(200621, `parse card json err: unknown tag ${tag}`, path);
  const known = elementProperties.get(tag);
  if (known !== undefined) checkProperties(element, known, `${path}(tag: ${tag})`, rules, commonProperties);
}

function registerId(element: JsonObject, elements: Map<string, JsonObject>, path: string): void {
  const id = element['element_id'];
  if (id === undefined) return;
  if (typeof id !== 'string' || !elementIdShape.test(id)) {
    throw new CardProblem(200220, 'Failed to generate card content: element_id is not valid', path);
  }
  if (elements.has(id)) throw new CardProblem(300301, 'Duplicate element_id in card component.', path);
  elements.set(id, element);
}

function checkProperties(
  value: JsonObject,
  known: ReadonlySet<string>,
  path: string,
  rules: FeishuRules,
  also?: ReadonlySet<string>,
): void {
  if (rules.unknownProperties === 'ignore') return;
  for (const name of Object.keys(value)) {
    if (known.has(name) || also?.has(name) === true) continue;
    if (name === 'wide_screen_mode' && rules.acceptWideScreenMode && path === 'ROOT -> config') continue;
    throw new CardProblem(200621, `parse card json err: unknown property, property: ${name}`, path);
  }
}
