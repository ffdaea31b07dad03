import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../contract/runtime.ts';
import { retryWhileBusy } from './retry-busy.ts';
import type { Schema } from './schema.ts';

/** Another connection may hold the lock this long (a backup) before a write fails. */
const busyPatienceMs = 5_000;
/** Writes that share one commit at most; bounds how long one commit takes. */
const maxWritesPerCommit = 256;

type Work<Result> = (transaction: Transaction<Schema>) => Promise<Result>;
type Settled = { readonly resolve: (value: unknown) => void; readonly reject: (reason: unknown) => void };
type Write = Settled & { readonly run: Work<unknown> };
type Alone = Settled & { readonly alone: () => Promise<unknown> };

export type WriteQueue = {
  /** Runs `work` inside a transaction and resolves once that is durable. Writes of one moment share a commit. */
  write<Result>(work: Work<Result>): Promise<Result>;
  /** Runs `work` in its turn, outside any transaction, while nothing else is written. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
};

/**
 * All writes pass here, one commit after the other. A commit with FULL durability costs the same for one row as for a
 * hundred, so whatever arrives while one is under way shares the next. When a shared commit fails, each of its writes
 * is tried alone, so that one bad write cannot fail its neighbours.
 */
export function createWriteQueue(db: Kysely<Schema>, clock: Clock): WriteQueue {
  const waiting: (Write | Alone)[] = [];
  let draining: Promise<void> | undefined;

  const commit = (batch: readonly Write[]): Promise<unknown[]> =>
    retryWhileBusy(clock, busyPatienceMs, () =>
      db.transaction().execute(async (transaction) => {
        const results: unknown[] = [];
        for (const { run } of batch) results.push(await run(transaction));
        return results;
      }),
    );

  async function settleTogether(batch: readonly Write[]): Promise<void> {
    try {
      const results = await commit(batch);
      batch.forEach(({ resolve }, index) => resolve(results[index]));
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      else for (const single of batch) await settleTogether([single]);
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch: Write[] = [];
      for (let next = waiting[0]; next !== undefined && 'run' in next; next = waiting[0]) {
        if (batch.length === maxWritesPerCommit) break;
        batch.push(next);
        waiting.shift();
      }
      if (batch.length > 0) await settleTogether(batch);
      const next = waiting[0];
      if (next === undefined || 'run' in next) continue;
      waiting.shift();
      await next.alone().then(next.resolve, next.reject);
    }
    draining = undefined;
  }

  function enter(next: Write | Alone): void {
    waiting.push(next);
    // One turn of the event loop later, so that events read from one socket at once share the commit.
    draining ??= new Promise<void>((start) => setImmediate(start)).then(drain);
  }

  return {
    write<Result>(run: Work<Result>): Promise<Result> {
      return new Promise<Result>((resolve, reject) => {
        enter({ run, resolve: resolve as (value: unknown) => void, reject });
      });
    },
    alone<Result>(work: () => Promise<Result>): Promise<Result> {
      return new Promise<Result>((resolve, reject) => {
        enter({ alone: work, resolve: resolve as (value: unknown) => void, reject });
      });
    },
    async idle() {
      while (draining !== undefined) await draining;
    },
  };
}
