import type { Env } from '../contract/adapter.ts';
import type { Json } from '../contract/ids.ts';
import { exampleLine, type Fault } from './faults.ts';

export type JsonObject = { readonly [key: string]: Json };

/** Decodes one value after another and collects what is wrong, so that all faults are told at once. */
export type Reader = {
  text(key: string): string | undefined;
  /** A whole number between `min` and `max`; `fallback` when missing, and after a fault. */
  integer(
    key: string,
    range: { readonly min: number; readonly max: number; readonly fallback: number },
  ): number;
  oneOf<Choice extends string>(key: string, choices: readonly Choice[], fallback: Choice): Choice;
  /** The parts of a comma-separated value; blank parts are skipped. Undefined when the key is missing. */
  list(key: string): readonly string[] | undefined;
  /** A JSON object; empty when missing, and after a fault. */
  jsonObject(key: string): JsonObject;
  fault(key: string, expected: string): void;
  readonly faults: readonly Fault[];
};

export function createReader(values: Env): Reader {
  const faults: Fault[] = [];
  const fault = (key: string, expected: string): void => {
    faults.push({ key, expected, line: exampleLine(key) });
  };

  return {
    faults,
    fault,
    text: (key) => values[key],
    integer(key, { min, max, fallback }) {
      const value = values[key];
      if (value === undefined) return fallback;
      const number = Number(value);
      if (/^\d{1,16}$/.test(value) && number >= min && number <= max) return number;
      fault(key, `a whole number from ${min} to ${max}, digits only`);
      return fallback;
    },
    oneOf(key, choices, fallback) {
      const value = values[key];
      if (value === undefined) return fallback;
      const choice = choices.find((name) => name === value);
      if (choice === undefined) fault(key, `one of: ${choices.join(', ')}`);
      return choice ?? fallback;
    },
    list: (key) =>
      values[key]
        ?.split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    jsonObject(key) {
      const value = values[key];
      if (value === undefined) return {};
      const object = parseObject(value);
      if (object === undefined) fault(key, 'a JSON object on one line, in single quotes');
      return object ?? {};
    },
  };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    // Whatever JSON.parse gives is JSON.
    const value = JSON.parse(text) as Json;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as JsonObject;
  } catch {
    return undefined; // The fault says what was expected; the parser's own words could quote a secret.
  }
}
