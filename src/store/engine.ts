import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { ElectFor } from './elections.ts';
import type { Schema } from './schema.ts';
import type { Signals } from './signals.ts';

export type Work<Result> = (transaction: Transaction<Schema>) => Promise<Result>;

/** What differs between the databases; everything above it speaks SQL that both understand. */
export type Engine = {
  readonly name: 'sqlite' | 'postgres';
  /** For reading. Writes go through `transact`. */
  readonly db: Kysely<Schema>;
  /**
   * Runs `work` in a transaction of its own and resolves once that is durable. No two run at the same time, not even in
   * different processes. Rejects with `UnknownCommitError` when it cannot be said whether it became durable.
   */
  transact<Result>(work: Work<Result>): Promise<Result>;
  /** Rejects while nothing can be written; `afterTrouble` also while there is no room for some messages more. */
  probe(afterTrouble: boolean): Promise<void>;
  /** The time all processes on this database share, in milliseconds since the epoch. */
  databaseNow(): RawBuilder<number>;
  /** Other processes use this database, too, and it can go away while we run. */
  readonly remote: boolean;
  /** Brings to an end what a purge leaves behind in the files. */
  tidy(): Promise<void>;
  /** Leaves nothing of what was erased in the files, as far as that is in our hands; false: it was not possible now. */
  scrub(): Promise<boolean>;
  /** From memory, or from the file system. */
  sizeBytes(): number;
  readonly signals: Signals;
  readonly elect: ElectFor;
  close(): Promise<void>;
};
