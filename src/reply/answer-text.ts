import type { Capabilities } from '../contract/capabilities.ts';
import { createCutter, openFenceAt } from './cut.ts';

/** Left free below the platform's limit for mended fences and for what `render` may add to a hazard. */
const renderReserve = 0.92;

/** One reply's share of the answer: positions in the whole text. `end` undefined: still growing. */
export type Share = { readonly start: number; readonly end: number | undefined };

export type AnswerText = {
  append(text: string): void;
  /** Starts from nothing: what was shown turned out not to be the answer. */
  clear(): void;
  whole(): string;
  /** At least one; all but the last have an end. */
  shares(): readonly Share[];
  /** The Markdown of one share, with a code fence that crosses its borders closed and opened again. */
  markdown(share: Share): string;
};

function closingFence(opening: string): string {
  const marker = /(`{3,}|~{3,})/.exec(opening)?.[1] ?? '```';
  // Quote marks too: without them the line would open a fence of its own outside the quotation.
  return `${/^[\s>]*/.exec(opening)?.[0] ?? ''}${marker}`;
}

/** The growing answer and where it must be cut so that each part fits into one reply. A cut, once found, never moves. */
export function createAnswerText(
  capabilities: Pick<Capabilities, 'maxReplyBytes' | 'replySize' | 'updates'>,
): AnswerText {
  const hardBytes = Math.floor(capabilities.maxReplyBytes * renderReserve);
  // From here on a good border is cut at. A platform that polls takes only a reply or two to one message, so there the
  // room is worth more than the border.
  const softShare = capabilities.updates === 'polled' ? 0.92 : 0.7;
  const newCutter = (): ReturnType<typeof createCutter> =>
    createCutter({
      softBytes: Math.floor(hardBytes * softShare),
      hardBytes,
      measure: capabilities.replySize,
    });
  let cutter = newCutter();
  let text = '';
  let cuts: number[] = [];
  return {
    append(delta) {
      text += delta;
      cuts.push(...cutter.push(delta));
    },
    clear() {
      text = '';
      cuts = [];
      cutter = newCutter();
    },
    whole: () => text,
    shares: () => [0, ...cuts].map((start, index) => ({ start, end: cuts[index] })),
    markdown({ start, end }) {
      const opening = start === 0 ? undefined : openFenceAt(text, start);
      const broken = end === undefined ? undefined : openFenceAt(text, end);
      const slice = text.slice(start, end);
      const head = opening === undefined ? '' : `${opening}\n`;
      const tail = broken === undefined ? '' : `${slice.endsWith('\n') ? '' : '\n'}${closingFence(broken)}`;
      return `${head}${slice}${tail}`;
    },
  };
}
