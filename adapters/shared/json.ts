/** A JSON object from outside: nothing is known about its fields. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at `path`, own properties only (so that a `__proto__` or `constructor` key reads as data or not at all). */
export function read(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (!isFields(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** The non-empty string at `path`; null, "" and every other type are absent. */
export function readText(value: unknown, ...path: readonly string[]): string | undefined {
  const found = read(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

export function readNumber(value: unknown, ...path: readonly string[]): number | undefined {
  const found = read(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

/** The array at `path`; anything else is an empty one. */
export function readList(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = read(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Parses JSON; undefined (which no JSON text means) when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller's next decision: "not JSON"
  }
}
