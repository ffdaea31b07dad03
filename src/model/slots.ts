/** A place among the requests that run at once; hand it back exactly once (further calls do nothing). */
export type Slot = { release(): void };

export type Slots = {
  /** First come, first served. Undefined when the signal aborted first, `full` when too many are waiting already. */
  take(signal: AbortSignal): Promise<Slot | 'full' | undefined>;
  readonly free: boolean;
};

/** Beyond this many waiting, a further request is told so rather than kept for many minutes. */
const maxWaiting = 1_000;

export function createSlots(size: number): Slots {
  let running = 0;
  const waiting = new Set<() => void>();

  function occupy(): Slot {
    running += 1;
    let held = true;
    return {
      release() {
        if (!held) return;
        held = false;
        running -= 1;
        const [next] = waiting;
        if (next !== undefined) next();
      },
    };
  }

  function queue(signal: AbortSignal): Promise<Slot | undefined> {
    return new Promise((resolve) => {
      const admit = (): void => {
        leave();
        resolve(occupy());
      };
      const abort = (): void => {
        leave();
        resolve(undefined);
      };
      const leave = (): void => {
        waiting.delete(admit);
        signal.removeEventListener('abort', abort);
      };
      waiting.add(admit);
      signal.addEventListener('abort', abort);
    });
  }

  return {
    async take(signal) {
      if (signal.aborted) return undefined;
      if (running < size) return occupy();
      return waiting.size >= maxWaiting ? 'full' : queue(signal);
    },
    get free() {
      return running < size;
    },
  };
}
