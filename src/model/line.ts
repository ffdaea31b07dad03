import type { Slot, Slots } from './slots.ts';
import type { ModelQueued } from './types.ts';

/** A place that was taken, and where. */
export type Taken = { readonly slots: Slots; readonly slot: Slot };

/** One line in front of several servers: whoever came first gets the first place that becomes free anywhere. */
export type Line = {
  /**
   * `wanted` names the servers that can take this request, the best first; it is asked anew whenever a place becomes
   * free. Tells how many requests are still before this one whenever that changes, and 0 at last if it had to wait.
   * Undefined when the signal aborted first, `full` when too many are waiting already.
   */
  take(
    wanted: () => readonly Slots[],
    signal: AbortSignal,
  ): AsyncGenerator<ModelQueued, Taken | 'full' | undefined>;
  /** Gives free places to those who wait. Call it when a place has become free. */
  serve(): void;
};

/** Beyond this many waiting, a further request is told so rather than kept for many minutes. */
const maxWaiting = 1_000;

type Place = { readonly wanted: () => readonly Slots[]; taken: Taken | undefined; wake: () => void };

/** `typicalMs` is what one answer takes, as far as it is known. */
export function createLine(typicalMs: () => number | undefined): Line {
  const waiting: Place[] = [];

  /** Places become free one after another: with n of them, n times in the time of one answer. */
  function expectation(ahead: number, servers: readonly Slots[]): { readonly expectedMs?: number } {
    const typical = typicalMs();
    const places = servers.reduce((sum, { size }) => sum + size, 0);
    return typical === undefined || places === 0 ? {} : { expectedMs: (ahead * typical) / places };
  }

  function leave(place: Place): void {
    const index = waiting.indexOf(place);
    if (index === -1) return;
    waiting.splice(index, 1);
    for (const { wake } of waiting) wake();
  }

  function serve(): void {
    for (const place of [...waiting]) {
      place.taken = occupyFirst(place.wanted());
      if (place.taken === undefined) continue;
      leave(place);
      place.wake();
    }
  }

  async function* wait(
    wanted: () => readonly Slots[],
    signal: AbortSignal,
  ): AsyncGenerator<ModelQueued, Taken | undefined> {
    const place: Place = { wanted, taken: undefined, wake: () => undefined };
    waiting.push(place);
    const wake = (): void => place.wake();
    signal.addEventListener('abort', wake);
    let told = 0;
    let handedOver = false;
    try {
      while (place.taken === undefined && !signal.aborted) {
        // Made before anything is told, so that a change while that is taken in is not missed.
        const changed = new Promise<void>((resolve) => (place.wake = resolve));
        const ahead = waiting.indexOf(place) + 1;
        if (ahead !== told) yield { type: 'queued', ahead, ...expectation(ahead, wanted()) };
        told = ahead;
        await changed;
      }
      if (signal.aborted) return undefined;
      yield { type: 'queued', ahead: 0 };
      handedOver = true;
      return place.taken;
    } finally {
      signal.removeEventListener('abort', wake);
      leave(place);
      if (!handedOver) place.taken?.slot.release();
    }
  }

  return {
    async *take(wanted, signal) {
      if (signal.aborted) return undefined;
      const taken = occupyFirst(wanted());
      if (taken !== undefined) return taken;
      return waiting.length >= maxWaiting ? 'full' : yield* wait(wanted, signal);
    },
    serve,
  };
}

function occupyFirst(candidates: readonly Slots[]): Taken | undefined {
  for (const slots of candidates) {
    const slot = slots.occupy();
    if (slot !== undefined) return { slots, slot };
  }
  return undefined;
}
