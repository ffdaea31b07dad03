import type { Env } from '../contract/adapter.ts';
import { exampleLine, type Fault } from './faults.ts';

export type MisspellingSources = {
  readonly environment: Env;
  readonly dotenv: Env;
  /** Every key that means something, without the `_FILE` forms. */
  readonly known: readonly string[];
  /** First words, such as `QWEN_`, under which a key in the environment can only be meant for us. */
  readonly prefixes: readonly string[];
};

/** Standard names that look like ours but are read by other programs. */
const FOREIGN = new Set(['HTTP_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']);

/**
 * Keys that look like a known one written wrongly: anywhere in `.env`, which is ours, but in the environment, which we
 * share, only under the prefixes of our own keys. What Kubernetes injects for a service of such a name is left alone.
 */
export function findMisspellings(from: MisspellingSources): readonly Fault[] {
  const { environment, dotenv, known, prefixes } = from;
  const names = new Set(known.flatMap((key) => [key, `${key}_FILE`]));
  const inEnvironment = Object.keys(environment).filter(
    (key) =>
      prefixes.some((prefix) => key.toUpperCase().startsWith(prefix)) &&
      !injectedByKubernetes(key, environment[key] ?? ''),
  );
  const found = new Map<string, Fault>();
  for (const [place, keys] of [
    ['the environment', inEnvironment],
    ['.env', Object.keys(dotenv)],
  ] as const) {
    for (const key of keys) {
      if (names.has(key) || FOREIGN.has(key) || found.has(key)) continue;
      const nearest = nearestKey(key, names);
      if (nearest === undefined) continue;
      const expected = `a known key; this one (in ${place}) looks like ${nearest} misspelt`;
      found.set(key, { key, expected, line: exampleLine(nearest) });
    }
  }
  return [...found.values()];
}

/** Node reads these before it reads our files, so that in `.env` they would be ignored without a word. */
const TOO_EARLY = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'];

/** Keys in `.env` that only take effect in the environment the process is started with. */
export function findTooEarly(environment: Env, dotenv: Env): readonly Fault[] {
  return TOO_EARLY.filter((key) => dotenv[key] !== undefined && environment[key] === undefined).map(
    (key) => ({
      key,
      expected: 'in the environment the service is started with; Node has read it before .env is read',
      line: `export ${key}=…`,
    }),
  );
}

// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
function injectedByKubernetes(key: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(key) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(key) ||
    (key.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value))
  );
}

/** The known key that `key` most likely means, or undefined when it resembles none. */
export function nearestKey(key: string, known: Iterable<string>): string | undefined {
  const written = key.toUpperCase().replaceAll('-', '_');
  let nearest: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(written, name);
    const alike =
      distance <= tolerance(name) || leavesOutWords(written, name) || leavesOutWords(name, written);
    if (alike && distance < (nearest?.distance ?? Infinity)) nearest = { name, distance };
  }
  return nearest?.name;
}

function tolerance(name: string): number {
  if (name.length >= 18) return 3;
  return name.length >= 8 ? 2 : 1;
}

// QWEN_URL for QWEN_BASE_URL (or, the other way round, QWEN_API_BASE_URL), or its words in another order: not a slip of
// the finger, but as surely meant for us. The last word must be there, for it says what the value is: without it, it may well be the key of another program.
function leavesOutWords(written: string, name: string): boolean {
  const words = written.split('_');
  const nameWords = name.split('_');
  const samePlace = words[0] === nameWords[0] && words.at(-1) === nameWords.at(-1);
  return (
    words.length >= 2 &&
    (samePlace || words.length === nameWords.length) &&
    words.every((word) => word !== '' && nameWords.includes(word))
  );
}

// Damerau–Levenshtein (optimal string alignment): a swap of two neighbours counts as one slip.
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
