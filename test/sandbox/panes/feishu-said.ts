import type { Said, SaidElement, SaidFile } from '../../simulators/feishu/said.ts';

/** Who can be mentioned: name → what stands between the braces of `@{…}`. */
export type Mentionable = ReadonlyMap<string, string>;

type Part = string | { readonly mention: string };

/** Kinds a person cannot compose from text and pictures. */
export const otherKinds = ['file', 'audio', 'video', 'sticker', 'location'] as const;
export type OtherKind = (typeof otherKinds)[number];

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
    return {
      kind: 'text',
      text: parts.map((part) => (typeof part === 'string' ? part : `@{${part.mention}}`)).join(''),
    };
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

function splitMentions(text: string, people: Mentionable): readonly Part[] {
  const names = [...people.keys()].sort((one, other) => other.length - one.length);
  const parts: Part[] = [];
  let plain = '';
  for (let index = 0; index < text.length;) {
    const name = text[index] === '@' ? names.find((known) => text.startsWith(known, index + 1)) : undefined;
    const mention = name === undefined ? undefined : people.get(name);
    if (name === undefined || mention === undefined) {
      plain += text.charAt(index);
      index += 1;
      continue;
    }
    if (plain !== '') parts.push(plain);
    parts.push({ mention });
    plain = '';
    index += name.length + 1;
  }
  return plain === '' ? parts : [...parts, plain];
}

/** A message of a kind the bot cannot read, with a few bytes of content. */
export function saidOtherwise(kind: OtherKind): Said {
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
  }
}
