import type { ServerResponse } from 'node:http';

/** The places of the stand-in engine: whoever finds none waits inside, in the order of coming, and is told nothing. */
export type Places = {
  readonly waiting: number;
  setCapacity(capacity: number): void;
  /** Resolves when there is a place, which is free again when the response closes; false when the client left before. */
  enter(response: ServerResponse): Promise<boolean>;
};

export function createPlaces(initialCapacity: number): Places {
  let capacity = initialCapacity;
  let taken = 0;
  const waiting = new Map<ServerResponse, (entered: boolean) => void>();

  function letIn(): void {
    for (const [response, resolve] of waiting) {
      if (taken >= capacity) return;
      taken += 1;
      waiting.delete(response);
      resolve(true);
    }
  }

  return {
    get waiting() {
      return waiting.size;
    },
    setCapacity(next) {
      capacity = next;
      letIn();
    },
    enter(response) {
      if (response.destroyed) return Promise.resolve(false);
      return new Promise((resolve) => {
        waiting.set(response, resolve);
        response.once('close', () => {
          if (waiting.delete(response)) resolve(false);
          else taken -= 1;
          letIn();
        });
        letIn();
      });
    },
  };
}
