import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

// Writes a database anew, in a thread of its own: SQLite works synchronously, and a large file takes seconds.

/** Another connection (a backup) may hold the file this long; no message can be taken meanwhile, so not for longer. */
const patienceMs = 1_000;

/** Whether nothing of what was erased is left in the file and its log. */
function scrub(file: string): boolean {
  const database = new DatabaseSync(file, { timeout: patienceMs });
  try {
    database.exec('vacuum');
    return database.prepare('pragma wal_checkpoint(truncate)').get()?.['busy'] === 0;
  } finally {
    database.close();
  }
}

parentPort?.postMessage(scrub(String(workerData)));
