import type { Said, SaidElement, SaidFile } from '../../simulators/feishu/said.ts';
import { markMentions, splitMentions, type Mentionable, type Part } from './shared/mentions.ts';

/** Kinds a person cannot compose from text and pictures. */
export const otherKinds = ['file', 'audio', 'video', 'sticker', 'location'] as const;

/**
 * What Feishu's composer would make of it: a lone picture is an image message, pictures with words are a post, words
 * alone are a text message.
 */
export function saidInComposer(text: string, images: readonly SaidFile[], people: Mentionable): Said {
  const [first] = images;
  if (text.trim() === '' && images.length === 1 && first !== undefined)
    return { kind: 'image', image: first };
  const parts = splitMentions(text, people);
  // `@{` that somebody typed would read as a mention; a post can keep the two characters apart.
  const typedMark = parts.some((part) => typeof part === 'string' && part.includes('@{'));
  if (images.length === 0 && !typedMark) {
    return { kind: 'text', text: markMentions(text, people) };
  }
  const lines = text === '' ? [] : paragraphs(parts);
  return {
    kind: 'post',
    paragraphs: [...lines, ...images.map((image): SaidElement[] => [{ tag: 'img', image }])],
  };
}

function paragraphs(parts: readonly Part[]): readonly (readonly SaidElement[])[] {
  const lines: SaidElement[][] = [[]];
  const add = (text: string): void => void lines.at(-1)?.push({ tag: 'text', text });
  for (const part of parts) {
    if (typeof part !== 'string') {
      add(`@{${part.mention}}`);
      continue;
    }
    part.split('\n').forEach((line, index) => {
      if (index > 0) lines.push([]);
      line
        .split(/(?<=@)(?=\{)/)
        .filter((piece) => piece !== '')
        .forEach(add);
    });
  }
  return lines;
}

/** A message of a kind the bot cannot read, with a few bytes of content; undefined for an unknown kind. */
export function saidOtherwise(kind: string): Said | undefined {
  const file = (name: string, mime: string): SaidFile => ({ bytes: Buffer.from('demo'), name, mime });
  switch (kind) {
    case 'file':
      return { kind: 'file', file: file('第三季度预算.pdf', 'application/pdf') };
    case 'audio':
      return { kind: 'audio', audio: file('voice.opus', 'audio/ogg'), durationMs: 4000 };
    case 'video':
      return {
        kind: 'media',
        video: file('演示.mp4', 'video/mp4'),
        cover: file('cover.jpg', 'image/jpeg'),
        durationMs: 12_000,
      };
    case 'sticker':
      return { kind: 'sticker' };
    case 'location':
      return { kind: 'location', name: '上海市静安区', longitude: '121.45', latitude: '31.23' };
    default:
      return undefined;
  }
}
