import type { Clock } from '../contract/runtime.ts';
import { isPassing } from './store-errors.ts';

/** How often a database that is elsewhere is looked at, and one that refused a write is tried again. */
const intervalMs = 2_000;

export type StoreHealth = {
  /** From memory. */
  readonly healthy: () => boolean;
  /** A write did not succeed. One that does proves little: in a full file small ones find a place. */
  failed(failure: unknown): void;
  stop(): Promise<void>;
};

export type StoreHealthOptions = {
  /** Rejects while nothing can be written; `afterTrouble` also while there is no room for some messages more. */
  readonly probe: (afterTrouble: boolean) => Promise<void>;
  /** Looks also while all is well: a database that is elsewhere may go away while nothing is written. */
  readonly always: boolean;
  readonly clock: Clock;
  readonly onChange: (healthy: boolean, failure: unknown) => void;
};

/** Errors of the database, in difference to those of a programme that asked for nonsense, which say nothing of it. */
function isTrouble(error: unknown): boolean {
  if (isPassing(error)) return true;
  if (typeof error !== 'object' || error === null) return false;
  // SQLite: anything but a violated constraint, a wrong type or a misuse (19, 20, 21, 25) and the general error (1).
  if ('errcode' in error && typeof error.errcode === 'number')
    return ![1, 19, 20, 21, 25].includes(error.errcode & 0xff);
  // PostgreSQL: insufficient resources (disk full among them), operator intervention, system and internal errors.
  return 'code' in error && typeof error.code === 'string' && /^(?:53|57|58|XX)...$/.test(error.code);
}

/**
 * Knows whether the store can be written. After a failure it finds out by itself when that is over: while a service is
 * not ready nobody sends it anything whose success could tell.
 */
export function createStoreHealth({ probe, always, clock, onChange }: StoreHealthOptions): StoreHealth {
  const stopping = new AbortController();
  const { signal } = stopping;
  let healthy = true;
  let watching: Promise<void> | undefined;

  function set(next: boolean, failure?: unknown): void {
    if (healthy === next) return;
    healthy = next;
    onChange(next, failure);
  }

  async function watch(): Promise<void> {
    while (!signal.aborted && (always || !healthy)) {
      await clock.sleep(intervalMs, signal);
      await look();
    }
    watching = undefined;
  }

  async function look(): Promise<void> {
    if (signal.aborted) return;
    await probe(!healthy).then(
      () => set(true),
      (error: unknown) => set(false, error),
    );
  }

  if (always) watching = watch();
  return {
    healthy: () => healthy,
    failed(failure) {
      if (!isTrouble(failure)) return;
      set(false, failure);
      if (!signal.aborted) watching ??= watch();
    },
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}
