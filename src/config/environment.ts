import type { Env } from '../contract/adapter.ts';
import type { Fault } from './faults.ts';
import { keysThatMayBeEmpty } from './keys.ts';

export type EnvironmentSources = {
  /** In the order of precedence: the process environment, then `.env`. */
  readonly sources: readonly Env[];
  readonly keys: readonly string[];
  /** Throws when the file cannot be read. */
  readonly readFile: (path: string) => string;
};

/** The value of each key after precedence and `NAME_FILE`; blank values are absent. Faults never quote a value or path. */
export function resolveEnvironment({ sources, keys, readFile }: EnvironmentSources): {
  readonly values: Env;
  readonly faults: readonly Fault[];
} {
  const values: Record<string, string> = {};
  const faults: Fault[] = [];
  for (const key of keys) {
    const found = sources.map((source) => lookUp(source, key)).find(({ from }) => from !== 'nowhere');
    if (found?.from === 'value') values[key] = found.value;
    if (found?.from === 'both') {
      faults.push({ key, expected: `either ${key} or ${key}_FILE, not both` });
    }
    if (found?.from === 'file') {
      const content = readValueFile(found.path, readFile);
      if ('error' in content) {
        const expected = `the path of a file this process can read (${content.error})`;
        faults.push({ key: `${key}_FILE`, expected, line: `${key}_FILE=/run/secrets/${key.toLowerCase()}` });
      } else if (isSet(key, content.value)) values[key] = content.value;
    }
  }
  return { values, faults };
}

type Found =
  | { readonly from: 'nowhere' | 'both' }
  | { readonly from: 'value'; readonly value: string }
  | { readonly from: 'file'; readonly path: string };

function lookUp(source: Env, key: string): Found {
  const value = source[key]?.trim();
  const path = source[`${key}_FILE`]?.trim();
  const hasValue = isSet(key, value);
  if (hasValue && path) return { from: 'both' };
  if (hasValue) return { from: 'value', value };
  return path ? { from: 'file', path } : { from: 'nowhere' };
}

function isSet(key: string, value: string | undefined): value is string {
  return value !== undefined && (value.trim() !== '' || keysThatMayBeEmpty.has(key));
}

function readValueFile(
  path: string,
  readFile: (path: string) => string,
): { value: string } | { error: string } {
  try {
    return {
      value: readFile(path)
        .replace(/^\uFEFF/, '')
        .replace(/[\r\n]+$/, ''),
    };
  } catch (error) {
    // Only the code: the operator may have put the secret itself where its path belongs.
    return { error: error instanceof Error && 'code' in error ? String(error.code) : 'unreadable' };
  }
}
