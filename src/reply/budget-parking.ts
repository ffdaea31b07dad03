import { readyAt, type Gate } from './budget-gate.ts';
import { createHeap, type Heap } from './budget-heap.ts';
import { goesBefore, URGENCIES, type Waiter } from './budget-line.ts';

/**
 * Where waiting calls stand: each at one gate that does not let it through. So a call that is held up by its own card
 * costs nobody else anything, and a gate that opens looks only at those who wait for it.
 */
export type Parking = {
  park(waiter: Waiter, gate: Gate, now: number): void;
  /** Takes the waiter away from wherever it stands. */
  remove(waiter: Waiter, now: number): void;
  /** To be called after anything changed at a gate. */
  refresh(gate: Gate, now: number): void;
  /** A waiter passed these gates: those of lower urgency who still stand there were passed over. */
  passed(waiter: Waiter): void;
  /** Takes the foremost waiter from each gate that is open now. Each is to be let through or parked again. */
  takeReady(now: number): readonly Waiter[];
  /** When the next gate opens; `Infinity` when nobody waits for a known time. */
  nextAt(): number;
};

type Place = {
  readonly gate: Gate;
  /** One for each urgency, in order. */
  readonly heaps: readonly Heap<Waiter>[];
  /** How many of higher urgency went by since the last of this urgency. */
  readonly passedOver: number[];
  opensAt: number;
  readonly number: number;
};

/** At a gate that more urgent calls fill for long, every tenth call is one of the others. */
const PASSED_OVER_AT_MOST = 9;

export function createParking(): Parking {
  const places = new Map<Gate, Place>();
  const standing = new Map<Waiter, Place>();
  const opening = createHeap<Place>((left, right) =>
    left.opensAt === right.opensAt ? left.number < right.number : left.opensAt < right.opensAt,
  );
  let placesMade = 0;

  function placeAt(gate: Gate): Place {
    const known = places.get(gate);
    if (known !== undefined) return known;
    placesMade += 1;
    const heaps = URGENCIES.map(() => createHeap(goesBefore));
    const place = { gate, heaps, passedOver: URGENCIES.map(() => 0), opensAt: Infinity, number: placesMade };
    places.set(gate, place);
    return place;
  }

  function update(place: Place, now: number): void {
    opening.remove(place);
    place.opensAt = Math.min(
      ...place.heaps.map((heap) => {
        const first = heap.peek();
        return first === undefined ? Infinity : readyAt(place.gate, first.yields, now);
      }),
    );
    if (place.heaps.every((heap) => heap.size() === 0)) places.delete(place.gate);
    else if (place.opensAt < Infinity) opening.push(place);
  }

  function takeFrom(place: Place, now: number): Waiter | undefined {
    const ready = place.heaps.map((heap) => heap.peek()).filter((first) => first !== undefined);
    const open = ready.filter((first) => readyAt(place.gate, first.yields, now) <= now);
    const tooLong = open.findLast((first) => (place.passedOver[indexOf(first)] ?? 0) >= PASSED_OVER_AT_MOST);
    const waiter = tooLong ?? open[0];
    if (waiter === undefined) return undefined;
    place.heaps[indexOf(waiter)]?.remove(waiter);
    standing.delete(waiter);
    if (tooLong !== undefined) tooLong.rank = -1;
    return waiter;
  }

  return {
    park(waiter, gate, now) {
      const place = placeAt(gate);
      place.heaps[indexOf(waiter)]?.push(waiter);
      standing.set(waiter, place);
      update(place, now);
    },
    remove(waiter, now) {
      const place = standing.get(waiter);
      if (place === undefined) return;
      standing.delete(waiter);
      place.heaps[indexOf(waiter)]?.remove(waiter);
      update(place, now);
    },
    refresh(gate, now) {
      const place = places.get(gate);
      if (place !== undefined) update(place, now);
    },
    passed(waiter) {
      const own = indexOf(waiter);
      for (const gate of waiter.gates) {
        const place = places.get(gate);
        place?.heaps.forEach((heap, index) => {
          if (index === own) place.passedOver[index] = 0;
          else if (index > own && heap.size() > 0)
            place.passedOver[index] = (place.passedOver[index] ?? 0) + 1;
        });
      }
    },
    takeReady(now) {
      const due: Place[] = [];
      for (let place = opening.peek(); place !== undefined && place.opensAt <= now; place = opening.peek()) {
        opening.remove(place);
        due.push(place);
      }
      const ready = due.map((place) => takeFrom(place, now)).filter((waiter) => waiter !== undefined);
      for (const place of due) update(place, now);
      return ready;
    },
    nextAt: () => opening.peek()?.opensAt ?? Infinity,
  };
}

function indexOf(waiter: Waiter): number {
  return URGENCIES.indexOf(waiter.urgency);
}
