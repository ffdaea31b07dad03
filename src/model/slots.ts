/** A place among the requests that run at once; hand it back exactly once (further calls do nothing). */
export type Slot = { release(): void };

/** The places of one server. */
export type Slots = {
  readonly size: number;
  readonly running: number;
  readonly free: boolean;
  /** Takes a place; undefined when all are taken. */
  occupy(): Slot | undefined;
  /** It is known (anew) how many may run at once. Those that run go on; at least one place stays. */
  resize(size: number): void;
};

/** `onFree` is called whenever a place may have become free. */
export function createSlots(initialSize: number, onFree: () => void): Slots {
  let size = initialSize;
  let running = 0;
  return {
    get size() {
      return size;
    },
    get running() {
      return running;
    },
    get free() {
      return running < size;
    },
    occupy() {
      if (running >= size) return undefined;
      running += 1;
      let held = true;
      return {
        release() {
          if (!held) return;
          held = false;
          running -= 1;
          onFree();
        },
      };
    },
    resize(wanted) {
      const grown = wanted > size;
      size = Math.max(1, wanted);
      if (grown) onFree();
    },
  };
}
