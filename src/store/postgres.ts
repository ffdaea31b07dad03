import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type { Clock, Logger } from '../contract/runtime.ts';
import type { Engine, Work } from './engine.ts';
import { migrate } from './migrations.ts';
import { createPostgresElections } from './postgres-elections.ts';
import { createPostgresPool, everydayPatience, type Patience } from './postgres-pool.ts';
import { createPostgresSignals } from './postgres-signals.ts';
import { explainPostgres } from './postgres-words.ts';
import { findRoom } from './room.ts';
import type { Schema } from './schema.ts';
import { ConnectionLostError, isPassing, UnknownCommitError } from './store-errors.ts';

/** First half of the advisory lock that writers take: any number that no other program uses. */
const writersLock = 0x0b17;

/** Tables are built and changed in one go; another replica may be at it. */
const migrationPatience: Patience = { statementMs: 15 * 60_000, lockMs: 10 * 60_000 };
/** A database that starts together with us is there within this time. */
const startPatienceMs = 30_000;
const startRetryMs = 500;
/** Rewriting a table's pages after an erasure takes longer than any question. */
const vacuumPatience: Patience = { statementMs: 5 * 60_000, lockMs: 60_000 };

export type PostgresOptions = {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly uuid: () => string;
};

function connect(url: string, patience: Patience): Kysely<Schema> {
  const pool = async () => createPostgresPool(url, patience);
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

async function once<Result>(
  url: string,
  patience: Patience,
  work: (db: Kysely<Schema>) => Promise<Result>,
): Promise<Result> {
  const db = connect(url, patience);
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/**
 * Until this transaction ends no other writer does anything, in whatever process: so a decision made from what is
 * counted (limits), or from what is absent, holds when it is written; redeliveries that reach two replicas in opposite
 * order do not deadlock; and whoever holds the lock knows that no commit of an earlier holder is still to come. Other
 * schemas of the same database have locks of their own.
 */
async function takeTurn(transaction: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${writersLock}::int, hashtext(current_schema()))`.execute(
    transaction,
  );
}

/**
 * Writes one after the other, each with a number that becomes durable with it: after a connection broke in the middle of
 * a commit, the number tells whether that took place.
 */
function createTransact(db: Kysely<Schema>, { clock, uuid }: PostgresOptions): Engine['transact'] {
  let writer = uuid();
  let number = 0;

  const becameDurable = (of: string, wanted: number): Promise<boolean> =>
    db.transaction().execute(async (transaction) => {
      await takeTurn(transaction);
      const row = await transaction
        .selectFrom('commits')
        .select('number')
        .where('writer', '=', of)
        .executeTakeFirst();
      return row !== undefined && row.number >= wanted;
    });

  return async <Result>(work: Work<Result>): Promise<Result> => {
    number += 1;
    const mark = { number, at: clock.now().getTime() };
    const commit = { begun: false };
    try {
      return await db.transaction().execute(async (transaction) => {
        await takeTurn(transaction);
        const result = await work(transaction);
        await transaction
          .insertInto('commits')
          .values({ writer, ...mark })
          .onConflict((conflict) => conflict.column('writer').doUpdateSet(mark))
          .execute();
        commit.begun = true;
        return result;
      });
    } catch (error) {
      if (!commit.begun || !isPassing(error)) throw error;
      const of = writer;
      // The number under the old name stays as it is, however long nobody can be asked for it.
      writer = uuid();
      throw new UnknownCommitError(() => becameDurable(of, mark.number), error);
    }
  };
}

async function migrateInTurn(url: string): Promise<void> {
  await once(url, migrationPatience, (db) =>
    db.transaction().execute(async (transaction) => {
      await takeTurn(transaction);
      await migrate(transaction, { bytes: 'bytea' });
    }),
  );
}

/** Waits a while for a database that is only just starting; what needs a person is told at once. */
async function migrateWhenThere({ url, clock, log }: PostgresOptions): Promise<void> {
  const giveUpAt = clock.now().getTime() + startPatienceMs;
  for (let told = false; ; told = true) {
    try {
      return await migrateInTurn(url);
    } catch (error) {
      if (!isPassing(error) || clock.now().getTime() > giveUpAt) throw explainPostgres(url, error);
      if (!told) log.warn({ error }, 'the database is not there yet; trying again for half a minute');
      await clock.sleep(startRetryMs);
    }
  }
}

async function measure(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ readonly bytes: number }>`
    select coalesce(sum(pg_total_relation_size(pg_class.oid)), 0) as bytes
    from pg_class join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_namespace.nspname = current_schema() and pg_class.relkind = 'r'`.execute(db);
  return rows[0]?.bytes ?? 0;
}

/** Fails where nothing can be written: on a standby, or on a server that is gone. */
async function probe(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{
    readonly readOnly: string;
  }>`select current_setting('transaction_read_only') as "readOnly"`.execute(db);
  if (rows[0]?.readOnly !== 'off') throw new ConnectionLostError('the database can only be read now');
}

/**
 * PostgreSQL, for one or several processes. `synchronous_commit` is at least `on`: what was committed survives the death
 * of the server's machine. Rejects with a sentence for the operator, or with `NewerSchemaError`.
 */
export async function openPostgresEngine(options: PostgresOptions): Promise<Engine> {
  const { url } = options;
  await migrateWhenThere(options);
  const db = connect(url, everydayPatience);
  let bytes = await measure(db);
  const { close: stopListening, ...signals } = await createPostgresSignals(options, db);
  const elections = createPostgresElections(options);
  return {
    name: 'postgres',
    remote: true,
    db,
    transact: createTransact(db, options),
    async probe(afterTrouble) {
      await probe(db);
      if (afterTrouble) await findRoom(db);
    },
    // Not `now()`, which stands still during a transaction.
    databaseNow: () => sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    async tidy() {
      bytes = await measure(db);
    },
    scrub: () =>
      once(url, vacuumPatience, async (own) => {
        // Frees and prunes the pages; logs, standbys and backups are the administrator's of that server.
        await sql`vacuum turns`.execute(own);
        await sql`vacuum media`.execute(own);
        return true;
      }).catch(() => false),
    sizeBytes: () => bytes,
    signals,
    elect: elections.elect,
    async close() {
      await elections.close();
      await stopListening();
      await db.destroy();
    },
  };
}
