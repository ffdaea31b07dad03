import { Refusal } from '../../pane.ts';

/** Who can be mentioned: name → what stands between the braces of `@{…}`. */
export type Mentionable = ReadonlyMap<string, string>;

/** Typed words, or somebody they mention. */
export type Part = string | { readonly name: string; readonly mention: string };

/** Typed text at its mentions; where names begin alike, the longest one that fits. */
export function splitMentions(text: string, people: Mentionable): readonly Part[] {
  const names = longestFirst(people);
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
    parts.push({ name, mention });
    plain = '';
    index += name.length + 1;
  }
  return plain === '' ? parts : [...parts, plain];
}

/** With `@{…}` for each mention, as the simulators want it; refused where somebody typed such a mark. */
export function markMentions(text: string, people: Mentionable): string {
  const parts = splitMentions(text, people);
  if (parts.some((part) => typeof part === 'string' && part.includes('@{')))
    throw new Refusal(
      '演示里 @{ 表示提及，请换个写法 / the demo marks mentions by @{, please write it otherwise',
    );
  return parts.map((part) => (typeof part === 'string' ? part : `@{${part.mention}}`)).join('');
}

/** The longest line of what was typed, as it will be found in what the model is asked. */
export function withoutMentions(text: string, people: Mentionable): string {
  const pieces = longestFirst(people).reduce(
    (parts, name) => parts.flatMap((part) => part.split(`@${name}`)),
    text.split('\n'),
  );
  return pieces
    .map((piece) => piece.trim())
    .reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '');
}

function longestFirst(people: Mentionable): readonly string[] {
  return [...people.keys()].sort((one, other) => other.length - one.length);
}
