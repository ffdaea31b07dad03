import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { parseDotenv } from './config/dotenv.ts';
import { resolveEnvironment } from './config/environment.ts';
import type { Env } from './contract/adapter.ts';
import { acquireDataLock } from './data-lock.ts';
import { backUpDatabase, restoreDatabase, timeInNames } from './store/backup.ts';

/** The same folder as the service's, seen from where the command is run. */
const dataDirectory = './data';
const database = join(dataDirectory, 'bridge.db');

/**
 * `node src/start.js backup <file or folder>` and `node src/start.js restore <file>`: do it, and say what was done. Needs
 * no configuration, for a backup must also work where that is what is broken. Gives back the exit code.
 */
export async function runBackupCommand(argv: readonly string[], env: Env): Promise<number> {
  const [command, path, ...more] = argv;
  try {
    if (path === undefined || more.length > 0)
      throw new Error(`Name one file: node src/start.js ${command} <file>. See docs/deployment.md.`);
    if (usesServer(env))
      throw new Error('DATABASE_URL is set: use pg_dump and pg_restore, as docs/deployment.md says.');
    const lines = await (command === 'restore' ? restore(path) : backUp(path));
    process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'unknown error'}\n`);
    return 1;
  }
}

/** Whether the state lies in a database server; what is in `./data` then is a remnant. */
function usesServer(env: Env): boolean {
  const { values } = parseDotenv(existsSync('.env') ? readFileSync('.env', 'utf8') : '');
  const { values: resolved, faults } = resolveEnvironment({
    sources: [env, values],
    keys: ['DATABASE_URL'],
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  return resolved['DATABASE_URL'] !== undefined || faults.length > 0;
}

async function backUp(path: string): Promise<readonly string[]> {
  // A folder takes one backup after the other, so that a timer needs no shell to make up names.
  const name = `bridge-${timeInNames(systemClock.now())}.db`;
  const target = path.endsWith('/') || isFolder(path) ? join(path, name) : path;
  const { file, bytes, schema } = await backUpDatabase(database, target);
  return [`Backed up to ${file}: ${bytes} bytes, schema ${schema}, checked.`];
}

async function restore(path: string): Promise<readonly string[]> {
  const now = systemClock.now();
  const lock = acquireDataLock(dataDirectory, now);
  if (!lock.held) throw new Error(lock.reason);
  try {
    const { replaced, ended } = await restoreDatabase(path, database, now);
    return [
      `Restored from ${path}.`,
      ...(ended > 0 ? [`Not taken up again: ${ended} answers in progress when the backup was made.`] : []),
      ...(replaced === undefined ? [] : [`What was there before is now ${replaced}.`]),
    ];
  } finally {
    lock.release();
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
