import { timingSafeEqual } from 'node:crypto';

/** A code is looked for within so many characters; nobody types more around it. */
const maxSearchedLength = 4_000;

/** Whether the text is the code, or has it among other words. Takes equally long for every text of one length. */
export function lookForCode(text: string, code: string): 'whole' | 'within' | 'no' {
  const wanted = Buffer.from(bare(code));
  const said = bare(text.slice(0, maxSearchedLength));
  let found = false;
  for (let start = 0; start + wanted.length <= said.length; start += 1) {
    const piece = Buffer.from(said.slice(start, start + wanted.length));
    const same = piece.length === wanted.length && timingSafeEqual(piece, wanted);
    found ||= same;
  }
  if (!found) return 'no';
  return said.length === wanted.length ? 'whole' : 'within';
}

/** Without what typing and copying may change: case, width, spaces, dashes. */
function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Pd}\u200b-\u200d\u2060\ufeff]+/gu, '');
}
