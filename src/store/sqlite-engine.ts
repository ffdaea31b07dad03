import type { Clock } from '../contract/runtime.ts';
import { statSync } from 'node:fs';
import { sql, type Kysely } from 'kysely';
import { electAlone } from './elections.ts';
import type { Engine } from './engine.ts';
import { migrate } from './migrations.ts';
import { findRoom } from './room.ts';
import type { Schema } from './schema.ts';
import { scrubFile } from './scrub.ts';
import { createLocalSignals } from './signals.ts';
import { emptyWriteAheadLog, openSqlite } from './sqlite.ts';

/** `SQLITE_CORRUPT` and `SQLITE_NOTADB`, https://www.sqlite.org/rescode.html */
const damagedCodes = new Set([11, 26]);

/** A damaged file is left as it is: whoever runs the service may have a backup, or a tool that saves some of it. */
function explainDamage(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (!damagedCodes.has(code)) return error;
  const advice = 'Put a backup in its place, or move it away for a fresh start; it was not changed.';
  return new Error(`The database ${file} is damaged. ${advice}`, { cause: error });
}

async function openMigrated(file: string): Promise<Kysely<Schema>> {
  const db = openSqlite(file);
  try {
    await db.transaction().execute((transaction) => migrate(transaction, { bytes: 'blob' }));
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** The embedded database in one file, for one process (see `data-lock.ts`). Rejects with `NewerSchemaError`. */
export async function openSqliteEngine(file: string, clock: Clock): Promise<Engine> {
  const db = await openMigrated(file).catch((error: unknown) => {
    throw explainDamage(file, error);
  });
  return {
    name: 'sqlite',
    remote: false,
    db,
    // There is one connection only, so its transactions wait for one another.
    transact: (work) => db.transaction().execute(work),
    // Looked at only after trouble: it does not go away by itself.
    probe: () => findRoom(db),
    // Nobody else uses the file, so our own time will do.
    databaseNow: () => sql<number>`${clock.now().getTime()}`,
    tidy: () => emptyWriteAheadLog(db),
    scrub: () => scrubFile(file),
    sizeBytes: () => statSync(file).size,
    signals: createLocalSignals(),
    elect: electAlone,
    close: () => db.destroy(),
  };
}
