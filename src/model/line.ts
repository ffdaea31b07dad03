import { createFairQueue } from './fair-queue.ts';
import type { Slot, Slots } from './slots.ts';
import type { ModelQueued } from './types.ts';

type Host = { readonly slots: Slots };

/** A place that was taken, and where. */
export type Taken<Server extends Host> = { readonly server: Server; readonly slot: Slot };

/** One line in front of several servers: a place that becomes free anywhere goes to the next person's next request. */
export type Line<Server extends Host> = {
  /**
   * Tells how many requests are still before this one whenever that or the expected time changes, and 0 at last if it had
   * to wait. Undefined when the signal aborted first, `full` when too many are waiting already.
   */
  take(request: Waiting<Server>, signal: AbortSignal): AsyncGenerator<ModelQueued, Outcome<Server>>;
  /** Gives free places to those who wait, and tells them what has changed. */
  serve(): void;
  /** How many of those who wait this server could take. */
  waitingFor(server: Server): number;
};

export type Waiting<Server extends Host> = {
  /** The servers that can take this request, the best first; asked anew whenever a place becomes free. */
  readonly wanted: () => readonly Server[];
  /** Whose request it is; unset means a person of its own. */
  readonly asker: string | undefined;
};

type Outcome<Server extends Host> = Taken<Server> | 'full' | undefined;

export type LineOptions<Server extends Host> = {
  /** How long a request with so many before it will wait for one of these servers, as far as that is known. */
  readonly expectedMs: (ahead: number, servers: readonly Server[]) => number | undefined;
  readonly now: () => Date;
};

/** Beyond this many waiting, a further request is told so rather than kept for many minutes. */
const maxWaiting = 1_000;
/** An expectation is told anew when it is wrong by this much and by this part of what is left. */
const toleranceMs = 3_000;
const tolerance = 0.3;

type Place<Server extends Host> = Waiting<Server> & { taken: Taken<Server> | undefined; wake: () => void };
type Told = { readonly ahead: number; readonly endsAtMs: number | undefined };

export function createLine<Server extends Host>({ expectedMs, now }: LineOptions<Server>): Line<Server> {
  const queue = createFairQueue<Place<Server>>(now);

  function wakeAll(): void {
    for (const place of queue.places().keys()) place.wake();
  }

  function serve(): void {
    for (const place of queue.places().keys()) {
      place.taken = occupyFirst(place.wanted());
      if (place.taken === undefined) continue;
      queue.serve(place);
      place.wake();
    }
    wakeAll();
  }

  /** Undefined when what was told last still holds. */
  function news(place: Place<Server>, told: Told | undefined): ModelQueued | undefined {
    const ahead = (queue.places().get(place) ?? 0) + 1;
    const expected = expectedMs(ahead, place.wanted());
    const leftMs = told?.endsAtMs === undefined ? undefined : told.endsAtMs - now().getTime();
    if (ahead === told?.ahead && !differs(expected, leftMs)) return undefined;
    return { type: 'queued', ahead, ...(expected === undefined ? {} : { expectedMs: expected }) };
  }

  function promise({ ahead, expectedMs: expected }: ModelQueued): Told {
    return { ahead, endsAtMs: expected === undefined ? undefined : now().getTime() + expected };
  }

  async function* wait(
    request: Waiting<Server>,
    signal: AbortSignal,
  ): AsyncGenerator<ModelQueued, Taken<Server> | undefined> {
    const place: Place<Server> = { ...request, taken: undefined, wake: () => undefined };
    queue.add(request.asker ?? place, place);
    wakeAll();
    const wake = (): void => place.wake();
    signal.addEventListener('abort', wake);
    let told: Told | undefined;
    let handedOver = false;
    try {
      while (place.taken === undefined && !signal.aborted) {
        // Made before anything is told, so that a change while that is taken in is not missed.
        const changed = new Promise<void>((resolve) => (place.wake = resolve));
        const event = news(place, told);
        if (event !== undefined) {
          told = promise(event);
          yield event;
        }
        await changed;
      }
      if (signal.aborted) return undefined;
      yield { type: 'queued', ahead: 0 };
      handedOver = true;
      return place.taken;
    } finally {
      signal.removeEventListener('abort', wake);
      queue.leave(place);
      wakeAll();
      if (!handedOver) place.taken?.slot.release();
    }
  }

  return {
    async *take(request, signal) {
      if (signal.aborted) return undefined;
      const taken = occupyFirst(request.wanted());
      if (taken !== undefined) return taken;
      return queue.size >= maxWaiting ? 'full' : yield* wait(request, signal);
    },
    serve,
    waitingFor: (server) =>
      [...queue.places().keys()].filter(({ wanted }) => wanted().includes(server)).length,
  };
}

/** `leftMs` is what is left of the time told last. */
function differs(expectedMs: number | undefined, leftMs: number | undefined): boolean {
  if (expectedMs === undefined) return false;
  return leftMs === undefined || Math.abs(expectedMs - leftMs) > Math.max(toleranceMs, leftMs * tolerance);
}

function occupyFirst<Server extends Host>(candidates: readonly Server[]): Taken<Server> | undefined {
  for (const server of candidates) {
    const slot = server.slots.occupy();
    if (slot !== undefined) return { server, slot };
  }
  return undefined;
}
