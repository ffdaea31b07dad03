/** A set that always knows its foremost member. Adding, taking and removing cost O(log n). */
export type Heap<Item> = {
  size(): number;
  peek(): Item | undefined;
  pop(): Item | undefined;
  /** Must not be called for an item that is already in. */
  push(item: Item): void;
  /** Does nothing for an item that is not in. Needed before anything that decides the item's order is changed. */
  remove(item: Item): void;
};

/** `before` must be a strict total order that does not change while the items are in. */
export function createHeap<Item>(before: (left: Item, right: Item) => boolean): Heap<Item> {
  const items: Item[] = [];
  const places = new Map<Item, number>();

  function put(item: Item, place: number): void {
    items[place] = item;
    places.set(item, place);
  }

  function rise(item: Item, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !before(item, parent)) break;
      put(parent, place);
      place = above;
    }
    put(item, place);
  }

  function sink(item: Item, from: number): void {
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      let child = items[below];
      const sibling = items[below + 1];
      if (child !== undefined && sibling !== undefined && before(sibling, child)) {
        child = sibling;
        below += 1;
      }
      if (child === undefined || !before(child, item)) break;
      put(child, place);
      place = below;
    }
    put(item, place);
  }

  function remove(item: Item): void {
    const place = places.get(item);
    if (place === undefined) return;
    places.delete(item);
    const last = items.pop();
    if (last === undefined || last === item) return;
    const parent = place > 0 ? items[(place - 1) >> 1] : undefined;
    if (parent !== undefined && before(last, parent)) rise(last, place);
    else sink(last, place);
  }

  return {
    size: () => items.length,
    peek: () => items[0],
    pop() {
      const first = items[0];
      if (first !== undefined) remove(first);
      return first;
    },
    push: (item) => rise(item, items.length),
    remove,
  };
}
