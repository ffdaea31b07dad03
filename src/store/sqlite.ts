import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { GenericSqliteDialect } from 'kysely-generic-sqlite';
import type { Schema } from './schema.ts';

/** Statements kept prepared; the program has fewer different ones than this. */
const maxPreparedStatements = 256;

function prepareOnce(database: DatabaseSync): (text: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (text) => {
    const known = prepared.get(text);
    if (known !== undefined) return known;
    const statement = database.prepare(text);
    if (prepared.size >= maxPreparedStatements) prepared.clear();
    prepared.set(text, statement);
    return statement;
  };
}

/**
 * Opens the embedded database. Write-ahead log and `synchronous=FULL`: what was committed survives the death of the
 * process and of the machine. Readable by the owner only, for it holds what people wrote.
 */
export function openSqlite(file: string): Kysely<Schema> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // timeout 0: SQLite's own waiting would block the event loop; callers try again instead (see `retry-busy.ts`).
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    chmodSync(file, 0o600);
    database.exec(
      'pragma journal_mode=wal; pragma synchronous=full; pragma secure_delete=on; pragma temp_store=memory',
    );
  } catch (error) {
    database.close();
    throw error;
  }
  const prepare = prepareOnce(database);
  return new Kysely<Schema>({
    dialect: new GenericSqliteDialect(() => ({
      db: database,
      query: (_isSelect, text, parameters) => {
        // After a full disk SQLite has rolled back by itself; refusing to do so again would hide why.
        if (text === 'rollback' && !database.isTransaction) return { rows: [] };
        const statement = prepare(text);
        const values = parameters as SQLInputValue[];
        if (statement.columns().length > 0) return { rows: statement.all(...values) };
        const result = statement.run(...values);
        return { rows: [], numAffectedRows: BigInt(result.changes) };
      },
      close: () => database.close(),
    })),
  });
}

/**
 * Brings what was written into the database file and cuts the write-ahead log to nothing, for the log keeps pages as they
 * were before something was deleted. While a backup reads, the log stays until the next time.
 */
export async function emptyWriteAheadLog(db: Kysely<Schema>): Promise<void> {
  await sql`pragma wal_checkpoint(truncate)`.execute(db);
}
