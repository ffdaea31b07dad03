import { visibleText } from '../shared/visible-text.ts';

/** A zero-width space: it is not shown, and nothing that stands on both sides of it is read as one token. */
const BREAK = '\u200B';

/**
 * The model's Markdown as WeCom may have it: byte for byte the same, except that mentions and thinking tags become plain
 * text, pictures become links (WeCom would fetch them), links lead to web and mail addresses only, and characters that
 * reorder or hide text are gone. Inside code fences only mentions and tags are touched.
 *
 * Pure and linear. While `complete` is false the result for a longer text begins with the result for a shorter one.
 */
export function renderWecomMarkdown(markdown: string, complete: boolean): string {
  const text = visibleText(markdown, complete);
  const fences = createFenceReader();
  let output = '';
  for (let start = 0; start < text.length;) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak === -1 ? text.length : lineBreak + 1;
    const line = renderLine(text, start, end, fences.inside(), complete);
    output += line.rendered;
    if (line.held) return output;
    fences.read(text.slice(start, end));
    start = end;
  }
  return output;
}

/** The marks that open a fence which is still open at the end of `markdown`; undefined outside fences. */
export function openFence(markdown: string): string | undefined {
  const fences = createFenceReader();
  for (const line of markdown.split('\n')) fences.read(line);
  return fences.inside() ? fences.opening() : undefined;
}

const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)/;

/** Knows after each whole line whether the next one stands inside a fence. */
function createFenceReader() {
  let open: { readonly marks: string; readonly line: string } | undefined;
  return {
    inside: () => open !== undefined,
    opening: () => open?.line,
    read(line: string): void {
      const match = FENCE.exec(line);
      const marks = match?.[1] ?? '';
      const words = match?.[2] ?? '';
      if (marks === '') return;
      if (open === undefined) {
        if (!(marks.startsWith('`') && words.includes('`'))) open = { marks, line: line.trimEnd() };
      } else if (marks.startsWith(open.marks) && words.trim() === '') open = undefined;
    },
  };
}

type Rendered = { readonly rendered: string; readonly held: boolean };

const MARK = /[<!\]]/g;

function renderLine(text: string, start: number, end: number, code: boolean, complete: boolean): Rendered {
  let rendered = '';
  let copied = start;
  MARK.lastIndex = start;
  for (let match = MARK.exec(text); match !== null && match.index < end; match = MARK.exec(text)) {
    const position = match.index;
    const verdict = hazardAt(text, position, code, complete);
    if (verdict === 'unknown') return { rendered: rendered + text.slice(copied, position), held: true };
    if (verdict === 'yes') {
      rendered += text.slice(copied, position + 1) + BREAK;
      copied = position + 1;
    }
  }
  return { rendered: rendered + text.slice(copied, end), held: false };
}

type Verdict = 'yes' | 'no' | 'unknown';

/** Whether the character at `position` and the next must not stand side by side. */
function hazardAt(text: string, position: number, code: boolean, complete: boolean): Verdict {
  if (text[position] === '<') return tagAt(text, position, complete);
  if (code) return 'no';
  const following = text[position + 1];
  if (following === undefined) return complete ? 'no' : 'unknown';
  if (text[position] === '!') return following === '[' ? 'yes' : 'no';
  return following === '(' || following === ':' ? targetAt(text, position + 2, following, complete) : 'no';
}

// `<@userid>` calls a person in the bot's Markdown, `<think>` hides what follows. How lax WeCom's parser is, is not
// documented, so blanks and slashes before the name count as nothing. The rest would load or run something.
const TAGS = ['think', 'img', 'image', 'video', 'audio', 'iframe', 'script', 'at'];
const CODE_SCHEMES = ['javascript', 'vbscript', 'data'];
const TAG = new RegExp(
  `<[ /]{0,8}(?:@|(?:${TAGS.join('|')})(?![\\w:.-])|(?:${CODE_SCHEMES.join('|')}):)`,
  'iy',
);
const PERHAPS_TAG = new RegExp(
  `<[ /]{0,8}(?:${[...TAGS, ...CODE_SCHEMES].flatMap(prefixesOf).join('|')})?$`,
  'iy',
);

function tagAt(text: string, position: number, complete: boolean): Verdict {
  if (!complete) {
    PERHAPS_TAG.lastIndex = position;
    if (PERHAPS_TAG.test(text)) return 'unknown';
  }
  TAG.lastIndex = position;
  return TAG.test(text) ? 'yes' : 'no';
}

function prefixesOf(name: string): string[] {
  return Array.from(name, (_, index) => name.slice(0, index + 1));
}

// The longest scheme registered with IANA has 36 characters; what is longer names no scheme anyone follows.
const LONGEST_SCHEME = 64;
const SAFE_SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'mailto', 'tel']);

/** Whether the target from `from` on must not be followed. After `]:` only a target right there makes a definition. */
function targetAt(text: string, from: number, opener: string, complete: boolean): Verdict {
  let start = from;
  while (start < from + LONGEST_SCHEME && /[ <"']/.test(text.charAt(start))) start += 1;
  for (let index = start; index < start + LONGEST_SCHEME; index += 1) {
    const character = text[index];
    if (character === undefined) return complete ? 'no' : 'unknown';
    if (character === ':') {
      const scheme = text.slice(start, index).toLowerCase();
      if (opener === ':') return CODE_SCHEMES.includes(scheme) ? 'yes' : 'no';
      return /^[a-z][a-z0-9+.-]*$/.test(scheme) && !SAFE_SCHEMES.has(scheme) ? 'yes' : 'no';
    }
    // An entity, an escape or a tab may hide a scheme: a browser would see `javascript:` behind `java&#115;cript:`.
    if (character === '&' || character === '\\' || character === '\t') return opener === '(' ? 'yes' : 'no';
    if (!/[a-z0-9+.-]/i.test(character)) return 'no';
  }
  return 'no';
}
