import type { UnreadableKind } from '../../../src/contract/inbound.ts';
import { isFields, parseJson, read, readList, readText } from '../../shared/json.ts';
import { unreadableKind } from './unreadable.ts';

/** What a message holds, its own and not that of the message it quotes. */
export type Body = {
  readonly text: string;
  readonly downloadCodes: readonly string[];
  readonly unreadable: readonly UnreadableKind[];
};

/** Pictures of one message that are looked at; the core has a bound of its own. */
const MAX_PICTURES = 50;

/** Never throws: an unknown kind and a body without the shape of its kind are unreadable, not lost. */
export function readBody(raw: unknown, place: 'direct' | 'group'): Body {
  const msgtype = readText(raw, 'msgtype') ?? 'text';
  const content = contentOf(raw);
  switch (msgtype) {
    case 'text':
      return { text: plainText(raw), downloadCodes: [], unreadable: [] };
    case 'picture':
      return pictureBody(content);
    case 'richText':
      return richBody(content, readText(raw, 'chatbotUserId'), place);
    case 'audio': {
      // The words as DingTalk understood them; where it did not, nobody can read it.
      const text = (readText(content, 'recognition') ?? '').trim();
      return { text, downloadCodes: [], unreadable: text === '' ? ['audio'] : [] };
    }
    default:
      return { text: '', downloadCodes: [], unreadable: [unreadableKind(msgtype)] };
  }
}

/** `content` may come as a JSON string. */
function contentOf(raw: unknown): unknown {
  const content = read(raw, 'content');
  return typeof content === 'string' ? parseJson(content) : content;
}

/** `text.content`, or `content` at the top as one documented sample has it. Mentions are left out, their blanks not. */
function plainText(raw: unknown): string {
  const top = read(raw, 'content');
  return trimmed(readText(raw, 'text', 'content') ?? (typeof top === 'string' ? top : ''));
}

function pictureBody(content: unknown): Body {
  const code = downloadCode(content);
  return code === undefined
    ? { text: '', downloadCodes: [], unreadable: ['other'] }
    : { text: '', downloadCodes: [code], unreadable: [] };
}

/** Text and pictures in the order in which they stand. */
function richBody(content: unknown, self: string | undefined, place: 'direct' | 'group'): Body {
  const items = readList(content, 'richText').filter(isFields);
  const texts = items.map((item) => itemText(item, self));
  const own = place === 'group' ? withoutFirstMention(texts) : texts;
  return {
    text: trimmed(own.join('')),
    downloadCodes: items
      .flatMap((item) => (readText(item, 'type') === 'picture' ? (downloadCode(item) ?? []) : []))
      .slice(0, MAX_PICTURES),
    unreadable: items.length === 0 ? ['other'] : [],
  };
}

/** `{text}` for text, live also `at` and `emoji`, which no document lists. */
function itemText(item: unknown, self: string | undefined): string {
  if (readText(item, 'type') === 'at') {
    if (self !== undefined && readText(item, 'atUserId') === self) return '';
    const name = readText(item, 'atName');
    return name === undefined ? '' : `@${name} `;
  }
  return readText(item, 'text') ?? '';
}

/**
 * Rich text keeps the bot's own mention as plain words, and nothing says what the bot is called. In a group a message
 * begins by mentioning it, so the first mention is taken for that one: the run that is nothing else, or the first word.
 */
function withoutFirstMention(texts: readonly string[]): readonly string[] {
  const alone = texts.findIndex(
    (text) => /^\s*@\S[^@\n]{0,63}\s*$/.test(text) && !/\S\s+\S/.test(text.trim()),
  );
  const index = alone === -1 ? texts.findIndex((text) => text.trim() !== '') : alone;
  return texts.map((text, here) =>
    here === index ? (here === alone ? '' : text.replace(/^\s*@\S+\s?/, '')) : text,
  );
}

function downloadCode(item: unknown): string | undefined {
  return readText(item, 'downloadCode') ?? readText(item, 'pictureDownloadCode');
}

/** Blank lines before and blanks after go; the indentation of a first line of many stays, for it may be code. */
function trimmed(text: string): string {
  const whole = text
    .replaceAll('\r\n', '\n')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd();
  return whole.includes('\n') ? whole.replace(/^ (?=\S)/, '') : whole.trimStart();
}
