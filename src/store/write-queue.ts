import type { Clock } from '../contract/runtime.ts';
import type { Engine, Work } from './engine.ts';
import { retryWhileBusy } from './retry-busy.ts';
import { isPassing, StoreOverloadedError, UnknownCommitError } from './store-errors.ts';

/** Another connection may hold the lock this long (a backup), or the database be gone, before a write fails. */
const busyPatienceMs = 5_000;
/** Writes that share one commit at most; bounds how long one commit takes. */
const maxWritesPerCommit = 256;
/** Many seconds' worth of the fastest intake; while more waits, it is better that platforms deliver again later. */
const maxWaiting = 10_000;
/** How often a database that went away during a commit is asked how that ended. */
const askAgainMs = 250;

type Settled = { readonly resolve: (value: unknown) => void; readonly reject: (reason: unknown) => void };
type Write = Settled & { readonly run: Work<unknown> };
type Alone = Settled & { readonly alone: () => Promise<unknown> };

export type WriteQueue = {
  /** Runs `work` inside a transaction and resolves once that is durable. Writes of one moment share a commit. */
  write<Result>(work: Work<Result>): Promise<Result>;
  /** Runs `work` in its turn, outside any transaction, while nothing else is written by this process. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
  /** Gives up finding out about commits whose end is unknown; their writes reject. */
  stop(): void;
};

/**
 * All writes pass here, one commit after the other. A commit with full durability costs the same for one row as for a
 * hundred, so whatever arrives while one is under way shares the next. When a shared commit fails, each of its writes
 * is tried alone, so that one bad write cannot fail its neighbours; unless it failed for what would fail them all.
 *
 * `work` may run more than once; what it did before a failure is undone. A write resolves only once it is durable, and
 * does not run again unless it is certain that it is not.
 */
export function createWriteQueue(engine: Pick<Engine, 'transact'>, clock: Clock): WriteQueue {
  const waiting: (Write | Alone)[] = [];
  const stopping = new AbortController();
  const unknown = new Set<Promise<void>>();
  let draining: Promise<void> | undefined;

  async function commit(batch: readonly Write[]): Promise<void> {
    let results: unknown[] = [];
    const resolve = (): void => batch.forEach((write, index) => write.resolve(results[index]));
    try {
      await retryWhileBusy(clock, busyPatienceMs, () =>
        engine.transact(async (transaction) => {
          results = [];
          for (const { run } of batch) results.push(await run(transaction));
        }),
      );
      resolve();
    } catch (error) {
      if (!(error instanceof UnknownCommitError)) throw error;
      // What comes next need not wait for the answer: nobody goes on with these writes before.
      const asking = findOut(error).then(
        (durable) => (durable ? resolve() : enter(...batch)),
        (reason: unknown) => batch.forEach((write) => write.reject(reason)),
      );
      unknown.add(asking);
      void asking.finally(() => unknown.delete(asking));
    }
  }

  async function findOut(error: UnknownCommitError): Promise<boolean> {
    while (!stopping.signal.aborted) {
      try {
        return await error.becameDurable();
      } catch (reason) {
        if (!isPassing(reason)) throw reason;
        await clock.sleep(askAgainMs, stopping.signal);
      }
    }
    throw error;
  }

  async function settleTogether(batch: readonly Write[]): Promise<void> {
    try {
      await commit(batch);
    } catch (error) {
      if (batch.length === 1 || isPassing(error)) for (const { reject } of batch) reject(error);
      else for (const single of batch) await settleTogether([single]);
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const end = waiting.findIndex((next) => !('run' in next));
      const size = Math.min(end === -1 ? waiting.length : end, maxWritesPerCommit);
      const batch = waiting.splice(0, size).filter((next) => 'run' in next);
      if (batch.length > 0) await settleTogether(batch);
      const next = waiting[0];
      if (next === undefined || 'run' in next) continue;
      waiting.shift();
      await next.alone().then(next.resolve, next.reject);
    }
    draining = undefined;
  }

  function enter(...next: (Write | Alone)[]): void {
    waiting.push(...next);
    // One turn of the event loop later, so that events read from one socket at once share the commit.
    draining ??= new Promise<void>((start) => setImmediate(start)).then(drain);
  }

  function promise<Result>(entry: (settled: Settled) => Write | Alone): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (waiting.length >= maxWaiting) reject(new StoreOverloadedError(`${maxWaiting} writes are waiting`));
      else enter(entry({ resolve: resolve as (value: unknown) => void, reject }));
    });
  }

  return {
    write: (run) => promise((settled) => ({ ...settled, run })),
    alone: (alone) => promise((settled) => ({ ...settled, alone })),
    async idle() {
      while (draining !== undefined || unknown.size > 0) await Promise.all([draining, ...unknown]);
    },
    stop: () => stopping.abort(),
  };
}
