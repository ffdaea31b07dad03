import type { ModelQueued } from './types.ts';

/** A place among the requests that run at once; hand it back exactly once (further calls do nothing). */
export type Slot = { release(): void };

export type Slots = {
  /**
   * First come, first served. Tells how many requests are still before this one whenever that changes, and 0 at last if
   * it had to wait. Undefined when the signal aborted first, `full` when too many are waiting already.
   */
  take(signal: AbortSignal): AsyncGenerator<ModelQueued, Slot | 'full' | undefined>;
  readonly free: boolean;
};

/** Beyond this many waiting, a further request is told so rather than kept for many minutes. */
const maxWaiting = 1_000;

type Place = { slot: Slot | undefined; wake: () => void };

export function createSlots(size: number): Slots {
  let running = 0;
  const waiting: Place[] = [];

  function occupy(): Slot {
    running += 1;
    let held = true;
    return {
      release() {
        if (!held) return;
        held = false;
        running -= 1;
        const next = waiting.shift();
        if (next !== undefined) next.slot = occupy();
        next?.wake();
        for (const { wake } of waiting) wake();
      },
    };
  }

  function leave(place: Place): void {
    const index = waiting.indexOf(place);
    if (index === -1) return;
    waiting.splice(index, 1);
    for (const { wake } of waiting) wake();
  }

  async function* queue(signal: AbortSignal): AsyncGenerator<ModelQueued, Slot | undefined> {
    const place: Place = { slot: undefined, wake: () => undefined };
    waiting.push(place);
    const wake = (): void => place.wake();
    signal.addEventListener('abort', wake);
    let told = 0;
    let handedOver = false;
    try {
      while (place.slot === undefined && !signal.aborted) {
        // Made before anything is told, so that a change while that is taken in is not missed.
        const changed = new Promise<void>((resolve) => (place.wake = resolve));
        const ahead = waiting.indexOf(place) + 1;
        if (ahead !== told) yield { type: 'queued', ahead };
        told = ahead;
        await changed;
      }
      if (signal.aborted) return undefined;
      yield { type: 'queued', ahead: 0 };
      handedOver = true;
      return place.slot;
    } finally {
      signal.removeEventListener('abort', wake);
      leave(place);
      if (!handedOver) place.slot?.release();
    }
  }

  return {
    async *take(signal) {
      if (signal.aborted) return undefined;
      if (running < size) return occupy();
      return waiting.length >= maxWaiting ? 'full' : yield* queue(signal);
    },
    get free() {
      return running < size;
    },
  };
}
