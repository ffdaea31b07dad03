import type { Verdict } from './render-lines.ts';

// Tags of Feishu's rich text that call a person (`at`, `person`), play a file (`audio`) or open an app (`link`): in a
// model's text they would really do so, or make the whole card fail. How lax Feishu's parser is, is not documented, so
// spaces, slashes and line breaks before the name count as nothing.
const TAGS = ['at', 'person', 'audio', 'link'];
/** Schemes that run or hold code. After a `<` they make an autolink. */
const CODE_SCHEMES = ['javascript', 'vbscript', 'data'];
// Code is meant to be copied, and `<link …>` and `<person>` are common in it; only what would call the whole group is
// broken there, for whether Feishu reads tags inside code is written nowhere.
const TAGS_IN_CODE = ['at'];

type TagPatterns = { readonly tag: RegExp; readonly perhaps: RegExp };

const OUTSIDE_CODE = tagPatterns(TAGS, CODE_SCHEMES);
const INSIDE_CODE = tagPatterns(TAGS_IN_CODE, []);

function tagPatterns(tags: readonly string[], schemes: readonly string[]): TagPatterns {
  const names = [`(?:${tags.join('|')})(?![\\w:.-])`, ...schemes.map((scheme) => `${scheme}:`)];
  const beginnings = [...tags, ...schemes].flatMap(prefixesOf);
  return {
    tag: new RegExp(`<[\\s/]*(?:${names.join('|')})`, 'iy'),
    perhaps: new RegExp(`<[\\s/]*(?:${beginnings.join('|')})?$`, 'iy'),
  };
}

/** Whether the `<` at `position` begins a tag that must not reach the platform. */
export function isHarmfulTag(text: string, position: number, complete: boolean, inCode: boolean): Verdict {
  const { tag, perhaps } = inCode ? INSIDE_CODE : OUTSIDE_CODE;
  if (!complete) {
    perhaps.lastIndex = position;
    if (perhaps.test(text)) return 'unknown';
  }
  tag.lastIndex = position;
  return tag.test(text) ? 'yes' : 'no';
}

function prefixesOf(name: string): string[] {
  return Array.from(name, (_, index) => name.slice(0, index + 1));
}

/** `(` of the target for an image written with one, `reference` for one that names a definition. */
export type Image =
  | { readonly state: 'image'; readonly target: number | 'reference' }
  | { readonly state: 'no' }
  | { readonly state: 'unknown' };

// Alternative texts are short. A longer one is treated as an image without looking for its end, so that neither the
// time spent here nor the text held back can grow.
const LONGEST_ALTERNATIVE = 512;

/**
 * Whether the `![` at `position` begins an image. Any `](` before the brackets close counts, and blank lines do not end
 * the search: parsers differ here, and one image that Feishu cannot load makes the whole card fail (200570).
 */
export function imageAt(text: string, position: number, complete: boolean): Image {
  let depth = 0;
  // Brackets inside code or tags do not count for CommonMark, so after those the first pair need not be the end.
  let opaque = false;
  const limit = Math.min(text.length, position + 2 + LONGEST_ALTERNATIVE);
  for (let index = position + 2; index < limit; index += 1) {
    const character = text[index];
    if (character === '\\') index += 1;
    else if (character === '`' || character === '<') opaque = true;
    else if (character === '[') depth += 1;
    else if (character === ']') {
      const following = text[index + 1];
      if (following === undefined && !complete) return { state: 'unknown' };
      if (following === '(') return { state: 'image', target: index + 1 };
      if (depth === 0 && following === '[') return { state: 'image', target: 'reference' };
      if (depth === 0 && !opaque) return { state: 'no' };
      depth = Math.max(0, depth - 1);
    }
  }
  if (limit < text.length) return { state: 'image', target: 'reference' };
  return complete ? { state: 'no' } : { state: 'unknown' };
}

/** Which targets may stand: of a link, of a picture turned into a link, of a definition, of a tag's attribute. */
export type TargetKind = 'link' | 'picture' | 'definition';

// The longest scheme registered with IANA has 36 characters; what is longer names no scheme anyone follows.
const LONGEST_SCHEME = 64;

/** Whether the target that starts at `position` must not be followed; leading spaces, quotes and `<` are passed over. */
export function isHarmfulTarget(
  text: string,
  position: number,
  kind: TargetKind,
  complete: boolean,
): Verdict {
  let start = position;
  while (/[\s<"']/.test(text.charAt(start))) start += 1;
  for (let index = start; index < start + LONGEST_SCHEME; index += 1) {
    const character = text[index];
    if (character === undefined) return complete ? relativeTarget(kind) : 'unknown';
    if (character === ':') return isRefused(text.slice(start, index).toLowerCase(), kind) ? 'yes' : 'no';
    // An entity, an escape or a tab may hide a scheme: a browser would see `javascript:` behind `java&#115;cript:`.
    if (character === '&' || character === '\\' || character === '\t') return 'yes';
    if (/[\s/?#()[\]<>"']/.test(character)) return relativeTarget(kind);
  }
  return relativeTarget(kind);
}

function isRefused(scheme: string, kind: TargetKind): boolean {
  if (scheme === 'http' || scheme === 'https') return false;
  if (kind === 'picture') return true;
  if (kind === 'definition') return CODE_SCHEMES.includes(scheme);
  return scheme !== 'mailto' && /^[a-z][a-z0-9+.-]*$/.test(scheme);
}

/** A picture without a web address is an image key or a file name: nothing a link could lead to. */
function relativeTarget(kind: TargetKind): Verdict {
  return kind === 'picture' ? 'yes' : 'no';
}
