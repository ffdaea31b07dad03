import { blockOf, fenceClosedBy, type Fence } from './render-blocks.ts';

/** More characters than this were seen to be shown as an empty card, without any error. */
export const MAX_CARD_CHARACTERS = 3_000;

/** Rendered text as a card's Markdown variable wants it: hard line breaks are `<br>` there. */
export function cardText(rendered: string): string {
  const text = withBreaks(rendered);
  if (text.length <= MAX_CARD_CHARACTERS) return text;
  // Thousands of very short lines: rather without breaks, rather cut, than blank.
  const plain = rendered.replace(/ {2}\n {0,2}/g, '\n');
  return plain.length <= MAX_CARD_CHARACTERS
    ? plain
    : `${plain.slice(0, MAX_CARD_CHARACTERS - 1).toWellFormed()}…`;
}

function withBreaks(rendered: string): string {
  let fence: Fence | undefined;
  let text = '';
  for (const line of rendered.split('\n')) {
    const broken = fence === undefined && text.endsWith('  ') && line.startsWith('  ');
    text = broken ? `${text.slice(0, -2)}<br>${line.trimStart()}` : text === '' ? line : `${text}\n${line}`;
    if (fence === undefined) fence = blockOf(line, false).fence;
    else if (fenceClosedBy(line, fence)) fence = undefined;
  }
  return text;
}
