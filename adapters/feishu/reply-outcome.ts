import type { ReplyOutcome, Snapshot } from '../../src/contract/reply.ts';
import type { CardLevel } from './card.ts';
import { asksForPlainer, refusalOf } from './reply-refusals.ts';

/** What the end of a reply shows: no stop button, and no buttons at all where a further reply goes on. */
export function endSnapshot({ status, snapshot }: ReplyOutcome): Snapshot {
  const { buttons = [] } = snapshot;
  return {
    ...snapshot,
    buttons: status === 'continued' ? [] : buttons.filter(({ kind }) => kind !== 'stop'),
  };
}

const PLAINER: Readonly<Record<CardLevel, CardLevel | undefined>> = {
  full: 'plain',
  plain: 'bare',
  bare: undefined,
};

/** The level to try when a card was refused at this one. */
export function nextLevel(level: CardLevel): CardLevel | undefined {
  return PLAINER[level];
}

/** Tries plainer and plainer cards while it is their content that is refused; gives back which one got through. */
export async function fromLevel<Result>(
  start: CardLevel,
  attempt: (level: CardLevel) => Promise<Result>,
): Promise<{ readonly level: CardLevel; readonly result: Result }> {
  let level = start;
  for (;;) {
    try {
      return { level, result: await attempt(level) };
    } catch (error) {
      const plainer = asksForPlainer(refusalOf(error)) ? nextLevel(level) : undefined;
      if (plainer === undefined) throw error;
      level = plainer;
    }
  }
}
