/** How many turns may wait in one lane; more than any person types while waiting. */
export const maxWaitingPerLane = 20;

export type Lanes = {
  /** Runs `task` after everything that came before it in the same lane; `onMoved` hears how many are still ahead. */
  run(lane: string, task: () => Promise<void>, onMoved: (ahead: number) => void): Promise<void>;
  /** How many stand in this lane, the running one included. */
  length(lane: string): number;
  /** All lanes together: running and waiting. */
  totals(): { readonly running: number; readonly waiting: number };
};

type Place = { readonly onMoved: (ahead: number) => void; readonly begin: () => void };

/** One conversation, one question at a time, in the order of arrival. A lane exists only while somebody stands in it. */
export function createLanes(): Lanes {
  const lanes = new Map<string, Place[]>();

  function leave(lane: string): void {
    const places = lanes.get(lane);
    if (places === undefined) return;
    places.shift();
    if (places.length === 0) lanes.delete(lane);
    places.forEach(({ onMoved }, index) => index > 0 && onMoved(index));
    places[0]?.begin();
  }

  return {
    async run(lane, task, onMoved) {
      const places = lanes.get(lane) ?? [];
      lanes.set(lane, places);
      await new Promise<void>((begin) => {
        places.push({ onMoved, begin });
        if (places.length === 1) begin();
        else onMoved(places.length - 1);
      });
      try {
        await task();
      } finally {
        leave(lane);
      }
    },
    length: (lane) => lanes.get(lane)?.length ?? 0,
    totals() {
      const standing = [...lanes.values()].reduce((total, places) => total + places.length, 0);
      return { running: lanes.size, waiting: standing - lanes.size };
    },
  };
}
