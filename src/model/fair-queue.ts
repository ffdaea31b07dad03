/** Several persons' items, served person by person: one of each, then the next of each, whoever came first first. */
export type FairQueue<Item> = {
  readonly size: number;
  /** Persons are told apart by identity (`===`, as a Map does). */
  add(person: unknown, item: Item): void;
  /** The item's turn has come: its person's next one waits until everybody else had a turn. */
  serve(item: Item): void;
  /** The item gives up its place; those of its person behind it move up. */
  leave(item: Item): void;
  /** Each item with the number of those that would be served before it, in that order. */
  places(): ReadonlyMap<Item, number>;
};

export function createFairQueue<Item>(): FairQueue<Item> {
  /** In the order of their turns. */
  const persons = new Map<unknown, Item[]>();
  const owners = new Map<Item, unknown>();
  let known: ReadonlyMap<Item, number> | undefined;

  function leave(item: Item): boolean {
    const person = owners.get(item);
    const items = persons.get(person);
    if (!owners.delete(item) || items === undefined) return false;
    items.splice(items.indexOf(item), 1);
    if (items.length === 0) persons.delete(person);
    known = undefined;
    return true;
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
      const items = persons.get(person);
      if (items === undefined) persons.set(person, [item]);
      else items.push(item);
      owners.set(item, person);
      known = undefined;
    },
    serve(item) {
      const person = owners.get(item);
      const items = persons.get(person);
      if (!leave(item) || items === undefined || items.length === 0) return;
      persons.delete(person);
      persons.set(person, items);
    },
    leave: (item) => void leave(item),
    places: () => (known ??= countPlaces()),
  };
}
