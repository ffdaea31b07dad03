import { splitMentions, type Mentionable } from './mentions.ts';

/** A bit of a line in a bubble: `text`, `at`, `md`, `img` (its key), or another kind of attachment with its name. */
export type Piece = { readonly kind: string; readonly text: string };

/** A text as people read it, its mentions apart. */
export function textPieces(text: string, people: Mentionable): readonly Piece[] {
  return splitMentions(text, people).map((part) =>
    typeof part === 'string' ? { kind: 'text', text: part } : { kind: 'at', text: `@${part.name}` },
  );
}

const shownCharacters = 120;

/** The first words of an answer, as the chat list shows them. */
export function firstWords(markdown: string): string {
  return markdown
    .replace(/^[\s#>-]+|[*_`|~]+/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, shownCharacters);
}
