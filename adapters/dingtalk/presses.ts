import type { Button } from '../../src/contract/reply.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import type { DingTalkReplyTarget } from './types.ts';

/** What is known about cards whose buttons can be pressed, and which one is being pressed right now. */
export type Presses = {
  /** A card of ours, where it stands and which buttons it shows: callbacks do not always tell. */
  show(outTrackId: string, target: DingTalkReplyTarget, buttons: readonly Button[]): void;
  /** Undefined for cards of others, and for those shown long ago or by an earlier process. */
  cardOf(outTrackId: string): PressedCard | undefined;
  /** A callback came in; the function given back says that it was answered. */
  begin(outTrackId: string): () => void;
  /** Waits while a callback of this card is open: the documents forbid to update it then. */
  over(outTrackId: string, signal: AbortSignal): Promise<void>;
};

export type PressedCard = {
  /** Nothing else of the target, whose session alone is as long as all of this. */
  readonly place: Pick<DingTalkReplyTarget, 'conversationId' | 'kind'>;
  /** Their kinds are the template's own names of the buttons. */
  readonly buttons: readonly Pick<Button, 'kind' | 'id'>[];
};

/** Cards that are remembered, some 500 bytes each; of older ones the press itself tells button and place as documented. */
const CAPACITY = 500;
/** A callback must be answered within 2 s, so it is not open for longer. */
const LONGEST_PRESS_MS = 2_000;
/** So that the answer is there before an update that the press has set off. */
const HEAD_START_MS = 50;

export function createPresses(clock: Clock): Presses {
  const shown = new Map<string, PressedCard>();
  const open = new Map<string, Set<AbortController>>();

  return {
    show(outTrackId, target, buttons) {
      shown.delete(outTrackId);
      const { conversationId, kind: placeKind } = target;
      const place = { conversationId, kind: placeKind };
      shown.set(outTrackId, { place, buttons: buttons.map(({ kind, id }) => ({ kind, id })) });
      const oldest = shown.keys().next().value;
      if (shown.size > CAPACITY && oldest !== undefined) shown.delete(oldest);
    },
    cardOf: (outTrackId) => shown.get(outTrackId),
    begin(outTrackId) {
      const answered = new AbortController();
      const presses = open.get(outTrackId) ?? new Set();
      open.set(outTrackId, presses.add(answered));
      return () => {
        void clock.sleep(HEAD_START_MS).then(() => {
          answered.abort();
          presses.delete(answered);
          if (presses.size === 0 && open.get(outTrackId) === presses) open.delete(outTrackId);
        });
      };
    },
    async over(outTrackId, signal) {
      for (const answered of open.get(outTrackId) ?? []) {
        await clock.sleep(LONGEST_PRESS_MS, AbortSignal.any([signal, answered.signal]));
      }
    },
  };
}
