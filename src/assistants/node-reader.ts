import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml';
import { nearestKey } from '../config/misspellings.ts';
import { phrase, type Phrase } from '../reply/notices/phrase.ts';
import type { AssistantFault } from './types.ts';

export type TextRule = {
  /** In UTF-16 units. */
  readonly maxLength: number;
  readonly pattern?: RegExp;
  readonly expected?: string;
};

/** One text of a list, and the way to find fault with it. */
export type ListedText = { readonly value: string; readonly fault: (expected: string) => void };

/** One mapping of the file. Reading a value of the wrong kind notes a fault and gives undefined. */
export type Section = {
  readonly text: (key: string, rule: TextRule) => string | undefined;
  /** One text for both languages, or one for each. */
  readonly phrase: (key: string, rule: TextRule) => Phrase | undefined;
  readonly number: (
    key: string,
    range: { readonly min: number; readonly max: number; readonly whole?: true },
  ) => number | undefined;
  readonly choice: <Value>(key: string, choices: ReadonlyMap<unknown, Value>) => Value | undefined;
  readonly section: (key: string, known: readonly string[]) => Section | undefined;
  readonly sections: (key: string, known: readonly string[]) => readonly Section[];
  readonly texts: (key: string) => readonly ListedText[];
  /** Without a key: about the whole mapping. */
  readonly fault: (expected: string, key?: string) => void;
};

export type Place = {
  readonly lines: LineCounter;
  readonly faults: AssistantFault[];
  /** Follows an alias to what it stands for. */
  readonly resolve: (node: unknown) => unknown;
};

/** Reads a mapping of which `known` are all keys; others are faults, with the one they resemble. */
export function readSection(
  place: Place,
  map: YAMLMap,
  where: string,
  known: readonly string[],
  at: unknown = map,
): Section {
  const values = new Map<string, unknown>();
  const nodes = new Map<string, unknown>();
  const pathTo = (key: string): string => (where === '' ? key : `${where}.${key}`);
  const note = (node: unknown, path: string, expected: string): void => {
    place.faults.push({ line: lineOf(place.lines, node), where: path, expected });
  };
  for (const pair of map.items as readonly Pair[]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    if (known.includes(key)) {
      values.set(key, place.resolve(pair.value));
      nodes.set(key, pair.key);
    } else note(pair.key, pathTo(shownKey(key)), unknownKey(key, known));
  }
  const scalar = (key: string): unknown => {
    const node = values.get(key);
    return isScalar(node) ? node.value : node;
  };
  const fault = (expected: string, key?: string): void =>
    note(key === undefined ? at : (nodes.get(key) ?? at), key === undefined ? where : pathTo(key), expected);
  const given = (key: string): boolean => values.has(key) && scalar(key) !== null;
  const checked = (value: unknown, rule: TextRule): string | undefined => {
    if (typeof value !== 'string') return undefined;
    const text = value.trim();
    const fits = text !== '' && text.length <= rule.maxLength && (rule.pattern?.test(text) ?? true);
    return fits ? text : undefined;
  };
  const expectation = ({ expected, maxLength }: TextRule): string =>
    expected ?? `text of at most ${maxLength} characters`;

  const section: Section = {
    fault,
    text(key, rule) {
      if (!given(key)) return undefined;
      const text = checked(scalar(key), rule);
      if (text === undefined) fault(expectation(rule), key);
      return text;
    },
    phrase(key, rule) {
      const node = values.get(key);
      if (!isMap(node)) {
        const text = section.text(key, rule);
        return text === undefined ? undefined : phrase(text, text);
      }
      const inner = readSection(place, node, pathTo(key), ['zh', 'en'], nodes.get(key));
      const zh = inner.text('zh', rule);
      const en = inner.text('en', rule);
      if (zh === undefined && en === undefined) return undefined;
      return phrase(zh ?? en ?? '', en ?? zh ?? '');
    },
    number(key, { min, max, whole }) {
      if (!given(key)) return undefined;
      const value = scalar(key);
      const fits = typeof value === 'number' && value >= min && value <= max;
      if (fits && (whole !== true || Number.isInteger(value))) return value;
      fault(`a ${whole === true ? 'whole ' : ''}number from ${min} to ${max}`, key);
      return undefined;
    },
    choice(key, choices) {
      if (!given(key)) return undefined;
      const value = choices.get(scalar(key));
      if (value === undefined) fault(`one of: ${[...choices.keys()].join(', ')}`, key);
      return value;
    },
    section(key, keys) {
      if (!given(key)) return undefined;
      const node = values.get(key);
      if (isMap(node)) return readSection(place, node, pathTo(key), keys, nodes.get(key));
      fault(`a mapping with ${keys.join(', ')}`, key);
      return undefined;
    },
    sections(key, keys) {
      return items(key, `a list of mappings with ${keys.join(', ')}`).flatMap(({ node, path }) => {
        if (isMap(node)) return [readSection(place, node, path, keys)];
        note(node, path, `a mapping with ${keys.join(', ')}`);
        return [];
      });
    },
    texts(key) {
      return items(key, 'a list of texts').flatMap(({ node, path }) => {
        const value = isScalar(node) && typeof node.value === 'string' ? node.value.trim() : '';
        if (value !== '') return [{ value, fault: (expected) => note(node, path, expected) }];
        note(node, path, 'text');
        return [];
      });
    },
  };

  function items(
    key: string,
    expected: string,
  ): readonly { readonly node: unknown; readonly path: string }[] {
    if (!given(key)) return [];
    const node = values.get(key);
    if (!isSeq(node)) {
      fault(expected, key);
      return [];
    }
    return node.items.map((item, index) => ({ node: place.resolve(item), path: `${pathTo(key)}[${index}]` }));
  }

  return section;
}

function lineOf(lines: LineCounter, node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range == null ? undefined : lines.linePos(range[0]).line;
}

/** Keys are names; what is no name may be a prompt that lost its indentation, and is not repeated. */
function shownKey(key: string): string {
  return /^[\w-]{1,40}$/.test(key) ? key : '(key)';
}

function unknownKey(key: string, known: readonly string[]): string {
  const spelled = nearestKey(
    key,
    known.map((name) => name.toUpperCase()),
  );
  const nearest = known.find((name) => name.toUpperCase() === spelled);
  const all = `known here: ${known.join(', ')}`;
  return nearest === undefined
    ? `a known key (${all})`
    : `a known key; this one looks like ${nearest} misspelt`;
}
