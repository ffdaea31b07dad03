import type { Button } from '../../src/contract/reply.ts';
import type { Clock } from '../../src/contract/runtime.ts';

/** What is known about the buttons of open cards, and which card is being pressed right now. */
export type Presses = {
  /** The buttons a card shows, for callbacks that carry no more than the template's name of the button. */
  show(outTrackId: string, buttons: readonly Button[]): void;
  buttonOf(outTrackId: string, actionId: string): string | undefined;
  /** A callback came in; the function given back says that it was answered. */
  begin(outTrackId: string): () => void;
  /** Waits while a callback of this card is open: the documents forbid to update it then. */
  over(outTrackId: string, signal: AbortSignal): Promise<void>;
};

/** Cards whose buttons are remembered. */
const CAPACITY = 2_000;
/** A callback must be answered within 2 s, so it is not open for longer. */
const LONGEST_PRESS_MS = 2_000;
/** So that the answer is there before an update that the press has set off. */
const HEAD_START_MS = 50;

export function createPresses(clock: Clock): Presses {
  const shown = new Map<string, ReadonlyMap<string, string>>();
  const open = new Map<string, Set<AbortController>>();

  return {
    show(outTrackId, buttons) {
      shown.delete(outTrackId);
      shown.set(outTrackId, new Map(buttons.map(({ kind, id }) => [kind, id])));
      const oldest = shown.keys().next().value;
      if (shown.size > CAPACITY && oldest !== undefined) shown.delete(oldest);
    },
    buttonOf: (outTrackId, actionId) => shown.get(outTrackId)?.get(actionId),
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
