import { Worker } from 'node:worker_threads';

/**
 * Writes the database file anew and empties its log. `secure_delete` overwrites what is erased where it stands, but copies
 * that page splits once left in unused space, and the pages in the log, stay as they were; only this leaves none of them.
 * Nothing may be written meanwhile. Resolves to false when that was not possible (something else reads, the disk is full).
 */
export function scrubFile(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./scrub-worker.ts', import.meta.url), { workerData: file });
    worker.once('message', (clean: unknown) => resolve(clean === true));
    // Says only that it failed: what an error of SQLite's says is known from every other write.
    worker.once('error', () => resolve(false));
    worker.once('exit', () => resolve(false));
  });
}
