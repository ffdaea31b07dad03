import { MASK } from './redact.ts';

/** Longest string in a log line, in UTF-16 units; stacks included. */
export const MAX_STRING_LENGTH = 4096;
const MAX_DEPTH = 6;
const MAX_ENTRIES = 50;
// Masking looks at more than is kept, so that a secret is not cut in two before it is found.
const MASKED_LENGTH = 4 * MAX_STRING_LENGTH;

// Values under these names are never logged, whether the secret is known or not.
const SECRET_NAME =
  /^(authorization|cookie|set-cookie|token|.*(secret|password|api[-_]?key|access[-_]?token|ticket))$/i;

/** Makes a plain, bounded copy of what is to be logged, with every string masked. Never throws, runs no foreign code twice. */
export function createFieldCleaner(mask: (text: string) => string): {
  text(value: string): string;
  fields(value: object): Record<string, unknown>;
} {
  function text(value: string): string {
    const masked = mask(value.slice(0, MASKED_LENGTH));
    if (masked.length <= MAX_STRING_LENGTH && value.length <= MASKED_LENGTH) return masked;
    return `${masked.slice(0, MAX_STRING_LENGTH)}…[${value.length} characters]`;
  }

  function clean(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '[deeper]';
    return cleanObject(value, depth);
  }

  function cleanObject(value: object, depth: number): unknown {
    if (value instanceof Error) return cleanError(value, depth);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
    if (value instanceof URL) return text(value.href);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (value instanceof Map || value instanceof Set) return cleanObject([...value], depth);
    if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((entry) => clean(entry, depth + 1));
    return cleanEntries(value, depth);
  }

  function cleanEntries(value: object, depth: number): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const name of Object.keys(value).slice(0, MAX_ENTRIES)) {
      const field = read(value, name);
      copy[text(name)] = typeof field === 'string' && SECRET_NAME.test(name) ? MASK : clean(field, depth + 1);
    }
    return copy;
  }

  function cleanError(error: Error, depth: number): Record<string, unknown> {
    const parts: Record<string, unknown> = {
      type: text(String(read(error, 'name'))),
      message: text(String(read(error, 'message'))),
      ...cleanEntries(error, depth),
    };
    const stack = read(error, 'stack');
    if (typeof stack === 'string') parts['stack'] = text(stack);
    if (error.cause !== undefined) parts['cause'] = clean(error.cause, depth + 1);
    if (error instanceof AggregateError) parts['errors'] = clean(error.errors, depth + 1);
    return parts;
  }

  return { text, fields: (value) => cleanEntries(value, 0) };
}

// A getter may throw; a log line must come all the same.
function read(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return '[unreadable]';
  }
}
