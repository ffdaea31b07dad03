import type { CallUrgency } from '../contract/budget.ts';
import type { Gate } from './budget-gate.ts';

/**
 * The order of urgency. `final` goes before `first`: it ends a load, and there can only be as many as there were firsts
 * before, so it cannot hold those up for long; a rush of new questions could hold up finals for ever.
 */
export const URGENCIES = ['final', 'first', 'live', 'background'] as const satisfies readonly CallUrgency[];

/** A call that has not left yet. */
export type Waiter = {
  readonly urgency: CallUrgency;
  /** Index in `URGENCIES`; -1 once it was passed over too often. */
  rank: number;
  readonly yields: boolean;
  readonly gates: readonly Gate[];
  /** Calls of one lane leave in the order they came; lanes take turns. */
  readonly lane: string;
  /** When it became the first of its lane, as a rising number. */
  turn: number;
  /** `false`: dropped without having left. */
  readonly resolve: (admitted: boolean) => void;
};

export function goesBefore(left: Waiter, right: Waiter): boolean {
  return left.rank === right.rank ? left.turn < right.turn : left.rank < right.rank;
}

/**
 * Who waits behind whom. Only the first of a lane stands at a gate; when it is gone, the next one gets a turn behind all
 * who have one already: that is what makes the lanes take turns.
 */
export type Line = {
  /** True when the waiter is the first of its lane. */
  join(waiter: Waiter): boolean;
  /** Gives back who is now the first of the lane, if that changed. */
  leave(waiter: Waiter): Waiter | undefined;
  waiting(urgency: CallUrgency): number;
  all(): readonly Waiter[];
};

export function createLine(): Line {
  const lanes = new Map<string, Set<Waiter>>();
  const counts = new Map<CallUrgency, number>();
  let turns = 0;

  const nameOf = (waiter: Waiter): string => `${waiter.urgency} ${waiter.lane}`;

  function count(waiter: Waiter, change: 1 | -1): void {
    counts.set(waiter.urgency, (counts.get(waiter.urgency) ?? 0) + change);
    for (const gate of waiter.gates) {
      gate.waiting += change;
      if (waiter.yields) gate.waitingYielding += change;
    }
  }

  function giveTurn(waiter: Waiter): void {
    turns += 1;
    waiter.turn = turns;
  }

  return {
    join(waiter) {
      count(waiter, 1);
      const lane = lanes.get(nameOf(waiter));
      if (lane !== undefined) {
        lane.add(waiter);
        return false;
      }
      lanes.set(nameOf(waiter), new Set([waiter]));
      giveTurn(waiter);
      return true;
    },
    leave(waiter) {
      count(waiter, -1);
      const lane = lanes.get(nameOf(waiter)) ?? new Set();
      const [first] = lane;
      lane.delete(waiter);
      if (lane.size === 0) lanes.delete(nameOf(waiter));
      const [next] = lane;
      if (waiter !== first || next === undefined) return undefined;
      giveTurn(next);
      return next;
    },
    waiting: (urgency) => counts.get(urgency) ?? 0,
    all: () => [...lanes.values()].flatMap((lane) => [...lane]),
  };
}
