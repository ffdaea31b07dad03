import { readText } from '../../shared/json.ts';

/** Where this bot itself is mentioned; it leaves the text. */
export const SELF = Symbol('mention of this bot');
export type Segment = string | typeof SELF;

/** The mentions of one message, by the placeholder that stands for them in its text. */
export type Mentions = {
  /** True when this bot is among them. `@all` never counts: it may come with empty ids or with no entry at all. */
  readonly self: boolean;
  /** Cuts a text at its placeholders and puts names in their place. */
  cut(text: string): readonly Segment[];
  /** One `at` element of a post: its placeholder (or a person's id), and the name that came with it. */
  at(userId: string | undefined, name: string | undefined): Segment;
};

const ALL = '@_all';

type Mention = { readonly key: string; readonly segment: Segment };

/** `list` as events have it (`id` an object) and as fetched messages have it (`id` a string). */
export function readMentions(list: readonly unknown[], botOpenId: string): Mentions {
  const mentions = list.flatMap((entry) => toMention(entry, botOpenId));
  const segments = new Map<string, Segment>([[ALL, '@all']]);
  for (const { key, segment } of mentions) segments.set(key, segment);
  // Longest first, for `@_user_1` also begins `@_user_10`.
  const keys = [...segments.keys()].sort((one, other) => other.length - one.length);
  const placeholders = new RegExp(keys.map(escapePattern).join('|'), 'g');

  return {
    self: mentions.some(({ segment }) => segment === SELF),
    cut(text) {
      const cut: Segment[] = [];
      let end = 0;
      for (const match of text.matchAll(placeholders)) {
        cut.push(text.slice(end, match.index), segments.get(match[0]) ?? match[0]);
        end = match.index + match[0].length;
      }
      return [...cut, text.slice(end)];
    },
    at(userId, name) {
      if (userId === botOpenId) return SELF;
      if (userId === 'all') return '@all';
      return segments.get(userId ?? '') ?? `@${name ?? ''}`;
    },
  };
}

function toMention(entry: unknown, botOpenId: string): readonly Mention[] {
  const key = readText(entry, 'key');
  if (key === undefined) return [];
  const openId = readText(entry, 'id', 'open_id') ?? readText(entry, 'id');
  if (openId === botOpenId && key !== ALL) return [{ key, segment: SELF }];
  return [{ key, segment: key === ALL ? '@all' : `@${readText(entry, 'name') ?? 'user'}` }];
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/**
 * Puts the pieces together. Where the bot's own mention goes, one blank beside it goes too; all other blanks stay, for
 * they may be the indentation of code. Blank lines before the text and blanks after it are dropped.
 */
export function joinSegments(segments: readonly Segment[]): string {
  let text = '';
  let dropBlank = false;
  for (const segment of segments) {
    if (segment === SELF) {
      dropBlank = text === '' || /\s$/.test(text);
      continue;
    }
    if (segment === '') continue;
    text += dropBlank ? segment.replace(/^[^\S\n]/, '') : segment;
    dropBlank = false;
  }
  const whole = text.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd();
  return whole.includes('\n') ? whole : whole.trimStart();
}
