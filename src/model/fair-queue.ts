/** Several persons' items, served person by person: one of each, then the next of each, whoever came first first. */
export type FairQueue<Item> = {
  readonly size: number;
  /** Persons are told apart by identity (`===`, as a Map does). */
  add(person: unknown, item: Item): void;
  /** The item's turn has come: its person's next one waits until everybody else had a turn. */
  serve(item: Item): void;
  /**
   * The item gives up its place; those of its person behind it move up. A person without any left finds the old place
   * again for a while: who says something more is not sent to the end of the line for it.
   */
  leave(item: Item): void;
  /** Each item with the number of those that would be served before it, in that order. */
  places(): ReadonlyMap<Item, number>;
};

/** As long as it takes to fetch what was added to a question. */
const keptForMs = 10_000;

export function createFairQueue<Item>(now: () => Date): FairQueue<Item> {
  /** In the order of their turns; a list may be empty while its place is kept. */
  const persons = new Map<unknown, Item[]>();
  /** Until when the places of those who left are kept, the earliest first. */
  const keptUntil = new Map<unknown, number>();
  const owners = new Map<Item, unknown>();
  let known: ReadonlyMap<Item, number> | undefined;

  function takeOut(item: Item): Item[] | undefined {
    const items = persons.get(owners.get(item));
    if (!owners.delete(item) || items === undefined) return undefined;
    items.splice(items.indexOf(item), 1);
    known = undefined;
    return items;
  }

  function forgetAbsent(): void {
    for (const [person, until] of keptUntil) {
      if (until > now().getTime()) return;
      keptUntil.delete(person);
      persons.delete(person);
    }
  }

  function countPlaces(): ReadonlyMap<Item, number> {
    const places = new Map<Item, number>();
    for (let round = 0; places.size < owners.size; round += 1) {
      for (const items of persons.values()) {
        const item = items[round];
        if (item !== undefined) places.set(item, places.size);
      }
    }
    return places;
  }

  return {
    get size() {
      return owners.size;
    },
    add(person, item) {
      forgetAbsent();
      keptUntil.delete(person);
      const items = persons.get(person);
      if (items === undefined) persons.set(person, [item]);
      else items.push(item);
      owners.set(item, person);
      known = undefined;
    },
    serve(item) {
      const person = owners.get(item);
      const items = takeOut(item);
      if (items === undefined) return;
      persons.delete(person);
      if (items.length > 0) persons.set(person, items);
    },
    leave(item) {
      const person = owners.get(item);
      if (takeOut(item)?.length !== 0) return;
      forgetAbsent();
      keptUntil.delete(person);
      keptUntil.set(person, now().getTime() + keptForMs);
    },
    places: () => (known ??= countPlaces()),
  };
}
