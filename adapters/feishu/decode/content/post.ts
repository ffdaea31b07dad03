import type { UnreadableKind } from '../../../../src/contract/inbound.ts';
import { isFields, parseJson, read, readText, type Fields } from '../../../shared/json.ts';
import type { Mentions, Segment } from '../mentions.ts';
import type { ContentReader } from './content.ts';

/** A person who types and pastes a picture sends a post, so most questions about pictures come this way. */
type Element = {
  readonly segment?: Segment;
  readonly segments?: readonly Segment[];
  readonly imageKey?: string;
  readonly unreadable?: UnreadableKind;
};

type ElementReader = (element: Fields, mentions: Mentions) => Element;

const elementReaders: ReadonlyMap<string, ElementReader> = new Map<string, ElementReader>([
  ['text', (element) => ({ segment: plainText(element) })],
  ['md', (element, mentions) => ({ segments: mentions.cut(readText(element, 'text') ?? '') })],
  ['a', (element) => ({ segment: link(readText(element, 'text'), readText(element, 'href')) })],
  [
    'at',
    (element, mentions) => ({
      segment: mentions.at(readText(element, 'user_id'), readText(element, 'user_name')),
    }),
  ],
  ['img', (element) => image(readText(element, 'image_key'))],
  ['media', () => ({ unreadable: 'video' })],
  ['emotion', (element) => ({ segment: `[${readText(element, 'emoji_type') ?? 'emoji'}]` })],
  ['hr', () => ({ segment: '---' })],
  [
    'code_block',
    (element) => ({ segment: codeBlock(readText(element, 'language'), readText(element, 'text')) }),
  ],
]);

/**
 * `{"title":"","content":[[element,…],…]}`: one inner list for each paragraph, and empty ones for empty lines. On
 * receipt there is no layer for the language around it, but posts of other origin have one (`{"zh_cn":{…}}`).
 */
export const readPostContent: ContentReader = (content, mentions) => {
  const post = findPost(parseJson(content));
  if (post === undefined) return undefined;
  const paragraphs = post.paragraphs.map((paragraph) =>
    paragraph.filter(isFields).map((element) => readElement(element, mentions)),
  );
  const lines = paragraphs.map((elements) => elements.flatMap(segmentsOf));
  const titled = post.title === '' ? lines : [[post.title], ...lines];
  const elements = paragraphs.flat();
  return {
    segments: titled.flatMap((line, index) => (index === 0 ? line : ['\n', ...line])),
    imageKeys: elements.flatMap(({ imageKey }) => imageKey ?? []),
    unreadable: elements.flatMap(({ unreadable }) => unreadable ?? []),
  };
};

type Post = { readonly title: string; readonly paragraphs: readonly (readonly unknown[])[] };

function findPost(content: unknown): Post | undefined {
  const direct = toPost(content);
  if (direct !== undefined || !isFields(content)) return direct;
  const byLanguage = [content.zh_cn, content.en_us, ...Object.values(content)];
  return byLanguage.map(toPost).find((post) => post !== undefined);
}

function toPost(value: unknown): Post | undefined {
  const paragraphs = read(value, 'content');
  if (!Array.isArray(paragraphs)) return undefined;
  return {
    title: readText(value, 'title') ?? '',
    paragraphs: paragraphs.filter((entry) => Array.isArray(entry)),
  };
}

// An element of a kind we do not know still shows its text, if it has one.
function readElement(element: Fields, mentions: Mentions): Element {
  const reader = elementReaders.get(readText(element, 'tag') ?? '');
  return reader === undefined ? { segment: plainText(element) } : reader(element, mentions);
}

function segmentsOf({ segment, segments }: Element): readonly Segment[] {
  return segments ?? (segment === undefined ? [] : [segment]);
}

function image(imageKey: string | undefined): Element {
  return imageKey === undefined ? { unreadable: 'other' } : { imageKey };
}

function link(text: string | undefined, href: string | undefined): string {
  if (href === undefined || href === text) return text ?? '';
  return text === undefined ? href : `[${text}](${href})`;
}

function codeBlock(language: string | undefined, text: string | undefined): string {
  const code = (text ?? '').replace(/\n$/, '');
  // Longer than any run of backticks inside, so that the code cannot end the block.
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${(language ?? '').toLowerCase()}\n${code}\n${fence}`;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&nbsp;', ' '],
  ['&amp;', '&'],
]);

/** With `un_escape` the text is HTML-escaped. */
function plainText(element: Fields): string {
  const text = readText(element, 'text') ?? '';
  if (read(element, 'un_escape') !== true) return text;
  return text.replace(/&(?:lt|gt|quot|#39|nbsp|amp);/g, (entity) => ENTITIES.get(entity) ?? entity);
}
