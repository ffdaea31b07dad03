import type { Json } from './ids.ts';

/**
 * Says that this process is the one, of all on the same database, that may do what only one may: hold a connection of
 * which the platform allows one.
 */
export type Election = {
  /** Aborts as soon as that may no longer be so: then everything that hangs on it must end at once. */
  readonly lost: AbortSignal;
  /** Asks whether it still is so; false as well where nobody can be asked. Never rejects. */
  holds(): Promise<boolean>;
  /** Lets another process have it, at once. Idempotent. Never rejects. */
  resign(): Promise<void>;
};

/** Resolves once this process is elected, however long that takes; rejects with the signal's reason when that aborts first. */
export type Elect = (signal: AbortSignal) => Promise<Election>;

/**
 * A few values that all processes on the same database see; in memory where there is only one. For what another process
 * may be asked for in our place, not for what must last. Both reject while the database cannot be reached.
 */
export type SharedValues = {
  /** Other processes may see them; false: there is no other, and nothing need be said. */
  readonly several: boolean;
  /**
   * Replaces what is there. `key` has 200 characters at most and begins with the adapter's id, `value` at most 64 KiB as
   * JSON; it is gone after `forMs` milliseconds.
   */
  put(key: string, value: Json, forMs: number): Promise<void>;
  get(key: string): Promise<Json | undefined>;
};

/**
 * Who makes the calls of a budget: `every` replica its part of them, or only the `elected` one, which then has the limits
 * to itself.
 */
export type CallersOfBudget = 'every' | 'elected';
