import type { Fault } from './faults.ts';

const ENTRY = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=[ \t]*(.*)$/;
const QUOTES = new Set(['"', "'", '`']);

/**
 * Reads the text of a `.env` file: `KEY=value` lines, `#` comments, optional `export`, values in quotes of any of the
 * three kinds, over several lines if need be. Between double quotes `\n`, `\"` and `\\` are unescaped. Without quotes a
 * comment needs a blank before its `#`, so that a secret may hold one. The last line for a key wins.
 */
export function parseDotenv(text: string): {
  readonly values: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
} {
  const values = new Map<string, string>();
  const faults: Fault[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);

  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (/^\s*(#|$)/.test(line)) continue;
    const [, key, rest] = ENTRY.exec(line) ?? [];
    if (key === undefined || rest === undefined) {
      // The name is told, the rest of the line is not: it may be a secret.
      const [name] = /^\s*[A-Z][A-Z0-9_]+(?=\s|[:：＝])/.exec(line) ?? [''];
      const place = `.env line ${index + 1}`;
      faults.push({
        key: name === '' ? place : `${name.trim()} (${place})`,
        expected: 'KEY=value, or # before a comment',
        line: 'KEY=value',
      });
      continue;
    }
    const quote = rest.charAt(0);
    if (!QUOTES.has(quote)) {
      values.set(key, rest.replace(/(^|\s)#.*$/, '').trim());
      continue;
    }
    const quoted = readQuoted(lines, index, rest.slice(1), quote);
    if (quoted === undefined) {
      faults.push({
        key,
        expected: `one closing ${quote} at the end of the value (.env line ${index + 1})`,
        line: `${key}=${quote}…${quote}`,
      });
      continue;
    }
    values.set(key, quoted.value);
    index = quoted.lastLine;
  }
  return { values: Object.fromEntries(values), faults };
}

// A quote that is never closed must not swallow the rest of the file: it is then a fault of its own line only.
function readQuoted(
  lines: readonly string[],
  firstLine: number,
  opening: string,
  quote: string,
): { readonly value: string; readonly lastLine: number } | undefined {
  let content = opening;
  for (let lastLine = firstLine; ;) {
    const end = closingQuote(content, quote);
    if (end !== -1) {
      // What follows the quote can only be a comment; anything else means that the quote was meant otherwise.
      if (!/^\s*(#.*)?$/.test(content.slice(end + 1))) return undefined;
      const value = content.slice(0, end);
      return { value: quote === '"' ? unescape(value) : value, lastLine };
    }
    lastLine += 1;
    const next = lines[lastLine];
    if (next === undefined) return undefined;
    content += `\n${next}`;
  }
}

function closingQuote(content: string, quote: string): number {
  for (let index = 0; index < content.length; index += 1) {
    const character = content.charAt(index);
    if (quote === '"' && character === '\\') index += 1;
    else if (character === quote) return index;
  }
  return -1;
}

function unescape(value: string): string {
  return value.replace(/\\(["\\nr])/g, (_, escaped: string) => {
    if (escaped === 'n') return '\n';
    return escaped === 'r' ? '\r' : escaped;
  });
}
