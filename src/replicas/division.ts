import type { Replica } from '../store/replicas.ts';
import { longestMemoryMs, marginMs, shortWindowMs } from './member-times.ts';

/**
 * However many have ended, with the rest of the longer limits those who live can work: of a single process that has crashed
 * nobody knows how much it used, and the next one cannot wait a minute. So where processes that held more than this end within
 * one window, that window's limit could be exceeded.
 */
export const mostHeldByEnded = 1 / 2;

/** Who is told apart when the limits are divided. */
export type Taken = {
  /** Of whom account is taken, all of them alive, this process among them. */
  readonly counts: readonly string[];
  /** Of whom it was said before; whoever is not among them uses nothing yet. */
  readonly before: readonly string[];
  /** Ended ones whose calls this process counts as its own, one by one, in all but the shortest windows. */
  readonly inherited: ReadonlySet<string>;
};

/** A process takes no more than its share of the limits among those of whom it says that it takes account. */
const heldBy = (replicas: readonly Replica[]): number =>
  replicas.reduce((sum, { counts }) => sum + 1 / Math.max(1, counts.length), 0);

/** Which part of the limits those have held whose end was no longer ago than this; 0 to 1, and above after several ends. */
export function heldByEnded(all: readonly Replica[], endedWithinMs: number): number {
  return heldBy(all.filter(({ aliveForMs }) => aliveForMs <= 0 && aliveForMs > -endedWithinMs));
}

/**
 * By how much each limit is divided for one of those that are counted: they share what is left by the ended ones, and by
 * those alive who do not count all of them yet, and might end before they do.
 */
export function divisionAmong(
  all: readonly Replica[],
  { counts, before, inherited }: Taken,
): (windowMs: number) => number {
  const behind = all.filter(
    (other) =>
      other.aliveForMs > 0 &&
      before.includes(other.owner) &&
      counts.some((name) => !other.counts.includes(name)),
  );
  const sharing = counts.length - behind.length;
  const free = Math.max(0, 1 - heldBy(behind));
  const unknown = all.filter(({ owner }) => !inherited.has(owner));
  return (windowMs) => {
    const short = windowMs <= shortWindowMs;
    // A second counts as over when it is: whoever died knew itself dead a margin before the others did.
    const endedWithinMs = short ? windowMs : Math.min(windowMs, longestMemoryMs) + marginMs;
    const left =
      free - Math.min(short ? 1 : mostHeldByEnded, heldByEnded(short ? all : unknown, endedWithinMs));
    // Thirds of thirds are not whole in binary, and what is divided is rounded down.
    return left <= 0 ? Infinity : Number((sharing / left).toFixed(6));
  };
}
