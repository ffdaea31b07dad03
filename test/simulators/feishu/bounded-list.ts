/** A list that forgets its oldest entries beyond `capacity`; amortised constant time. */
export type BoundedList<Entry> = {
  push(entry: Entry): void;
  /** A copy, oldest first. */
  all(): readonly Entry[];
  clear(): void;
};

export function createBoundedList<Entry>(capacity: number): BoundedList<Entry> {
  let entries: Entry[] = [];
  return {
    push(entry) {
      entries.push(entry);
      if (entries.length > capacity * 2) entries = entries.slice(-capacity);
    },
    all: () => entries.slice(-capacity),
    clear: () => {
      entries = [];
    },
  };
}
