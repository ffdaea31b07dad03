import { chmod, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import type { TurnState } from '../core/turn.ts';
import { migrate } from './migrations.ts';
import type { Schema } from './schema.ts';
import { emptyWriteAheadLog, openSqlite } from './sqlite.ts';
import { unfinishedStates } from './turn-rows.ts';

/** Why a backup or a restoration was not made: a sentence for the operator. Nothing was changed. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

export type Backup = {
  readonly file: string;
  readonly bytes: number;
  /** Version of the schema; a program that knows only earlier ones refuses it. */
  readonly schema: number;
};

export type Restored = {
  /** Where the database lies that was replaced; undefined: there was none. */
  readonly replaced: string | undefined;
  /** How many turns the copy caught unfinished. */
  readonly ended: number;
};

/** How long another process may hold the file alone (while it writes it anew) before a backup gives up. */
const patienceMs = 60_000;

/**
 * Copies the embedded database to the new file `target`, as it was at one moment, while the service goes on working: in
 * the write-ahead log readers and the writer do not wait for each other. Holds what was committed and nothing of what was
 * erased, for only living rows are written. Blocks the thread until the copy is whole. Rejects with `BackupError`.
 */
export async function backUpDatabase(database: string, target: string): Promise<Backup> {
  if (!(await exists(database))) throw new BackupError(`There is no database ${database} to back up.`);
  if (await exists(target)) throw new BackupError(`${target} exists already: a backup replaces nothing.`);
  const folder = dirname(target);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const copy = `${target}.unfinished`;
  // It holds what people wrote: nobody else may read it, not even while it grows. SQLite fills an empty file.
  await (await open(copy, 'w', 0o600)).close();
  try {
    await chmod(copy, 0o600);
    copyLivingRows(database, copy);
    const schema = inspect(copy);
    // SQLite does not sync what VACUUM INTO writes, https://www.sqlite.org/lang_vacuum.html
    await sync(copy);
    await rename(copy, target);
    await sync(folder);
    return { file: target, bytes: (await stat(target)).size, schema };
  } catch (error) {
    await rm(copy, { force: true });
    throw explained(database, error);
  }
}

function copyLivingRows(database: string, copy: string): void {
  const source = new DatabaseSync(database, { timeout: patienceMs });
  try {
    source.prepare('vacuum into ?').run(copy);
  } finally {
    source.close();
  }
}

/** The version of the schema of a file that is whole and ours. */
function inspect(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const { integrity_check: verdict } = database.prepare('pragma integrity_check').get() ?? {};
    if (verdict !== 'ok') throw new BackupError(`${file} is damaged.`);
    const known = database.prepare(`select 1 from sqlite_master where name = 'meta'`).get();
    if (known === undefined) throw new BackupError(`${file} is no database of this service.`);
    return Number(database.prepare(`select value from meta where name = 'schema'`).get()?.['value']);
  } finally {
    database.close();
  }
}

/**
 * Puts a backup in the place of `database`, which is moved aside and not deleted. Only for whoever holds the data lock.
 * The copy is brought to this program's schema first. What it caught unfinished is not taken up again: the process that
 * went on after the backup has ended it, and people would see old answers change. Rejects with `BackupError` or
 * `NewerSchemaError`; the database is then as it was.
 */
export async function restoreDatabase(backup: string, database: string, now: Date): Promise<Restored> {
  if (!(await exists(backup))) throw new BackupError(`There is no file ${backup}.`);
  const copy = `${database}.restoring`;
  await removeDatabase(copy);
  try {
    await copyFile(backup, copy);
    // A backup has no log; a database that an earlier restoration moved aside may.
    if (await exists(`${backup}-wal`)) await copyFile(`${backup}-wal`, `${copy}-wal`);
    await chmod(copy, 0o600);
    inspect(copy);
    const ended = await prepare(copy);
    await sync(copy);
    const replaced = await moveAside(database, now);
    await rename(copy, database);
    await sync(dirname(database));
    return { replaced, ended };
  } catch (error) {
    await removeDatabase(copy);
    throw explained(backup, error);
  }
}

async function prepare(file: string): Promise<number> {
  const db = openSqlite(file);
  try {
    await db.transaction().execute((transaction) => migrate(transaction, { bytes: 'blob' }));
    const ended = await endWhatWasUnfinished(db);
    await emptyWriteAheadLog(db);
    return ended;
  } finally {
    await db.destroy();
  }
}

async function endWhatWasUnfinished(db: Kysely<Schema>): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const turns = await transaction
      .updateTable('turns')
      .set({ state: 'interrupted' satisfies TurnState })
      .where('state', 'in', [...unfinishedStates])
      .executeTakeFirst();
    await transaction
      .updateTable('broadcasts')
      .set({ state: 'stopped' })
      .where('state', 'in', ['asked', 'sending'])
      .execute();
    return Number(turns.numUpdatedRows);
  });
}

/** The log belongs to the database it was written for: left behind, it would be played into the restored one. */
const companions = ['-wal', '-shm', '-journal'];

async function moveAside(database: string, now: Date): Promise<string | undefined> {
  if (!(await exists(database))) return undefined;
  const folder = join(dirname(database), `replaced-${timeInNames(now)}`);
  await mkdir(folder, { mode: 0o700 });
  for (const suffix of [...companions, '']) {
    const file = `${database}${suffix}`;
    if (await exists(file)) await rename(file, join(folder, basename(file)));
  }
  return join(folder, basename(database));
}

async function removeDatabase(file: string): Promise<void> {
  for (const suffix of [...companions, '']) await rm(`${file}${suffix}`, { force: true });
}

/** A time as it can stand in the name of a file on every system. */
export function timeInNames(time: Date): string {
  return time.toISOString().slice(0, 19).replaceAll(':', '-');
}

/** `SQLITE_CORRUPT` and `SQLITE_NOTADB`, https://www.sqlite.org/rescode.html */
const damagedCodes = new Set([11, 26]);

function explained(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (!damagedCodes.has(code)) return error;
  return new BackupError(`${file} is damaged, or no database of this service.`, { cause: error });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Reaches the disk before anything relies on it; for a folder: the names in it. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
