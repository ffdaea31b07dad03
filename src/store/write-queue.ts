import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../contract/runtime.ts';
import { retryWhileBusy } from './retry-busy.ts';
import type { Schema } from './schema.ts';

/** Another connection may hold the lock this long (a backup) before a write fails. */
const busyPatienceMs = 5_000;
/** Writes that share one commit at most; bounds how long one commit takes. */
const maxWritesPerCommit = 256;

type Work<Result> = (transaction: Transaction<Schema>) => Promise<Result>;
type Waiting = {
  readonly run: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
};

export type WriteQueue = {
  /** Runs `work` inside a transaction and resolves once that is durable. Writes of one moment share a commit. */
  write<Result>(work: Work<Result>): Promise<Result>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
};

/**
 * All writes pass here, one commit after the other. A commit with FULL durability costs the same for one row as for a
 * hundred, so whatever arrives while one is under way shares the next. When a shared commit fails, each of its writes
 * is tried alone, so that one bad write cannot fail its neighbours.
 */
export function createWriteQueue(db: Kysely<Schema>, clock: Clock): WriteQueue {
  const waiting: Waiting[] = [];
  let draining: Promise<void> | undefined;

  const commit = (batch: readonly Waiting[]): Promise<unknown[]> =>
    retryWhileBusy(clock, busyPatienceMs, () =>
      db.transaction().execute(async (transaction) => {
        const results: unknown[] = [];
        for (const { run } of batch) results.push(await run(transaction));
        return results;
      }),
    );

  async function settleTogether(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await commit(batch);
      batch.forEach(({ resolve }, index) => resolve(results[index]));
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      else for (const single of batch) await settleTogether([single]);
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) await settleTogether(waiting.splice(0, maxWritesPerCommit));
    draining = undefined;
  }

  return {
    write<Result>(run: Work<Result>): Promise<Result> {
      return new Promise<Result>((resolve, reject) => {
        waiting.push({ run, resolve: resolve as (value: unknown) => void, reject });
        // One turn of the event loop later, so that events read from one socket at once share the commit.
        draining ??= new Promise<void>((start) => setImmediate(start)).then(drain);
      });
    },
    async idle() {
      while (draining !== undefined) await draining;
    },
  };
}
