import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Keep a held lock: one that is garbage-collected is released. */
export type DataLock =
  | { readonly held: true; release(): void }
  /** `reason` is a sentence for the operator. */
  | { readonly held: false; readonly reason: string };

/** `SQLITE_BUSY`, https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;

/**
 * Makes this process the only one that works on `directory`, until `release` or its death: the lock is one of the
 * operating system (through an exclusive SQLite transaction), so that nothing stale stays behind, not even after
 * `kill -9`. Creates the directory, for this user only. Two processes on one directory would answer everything twice
 * and steal each other's events.
 */
export function acquireDataLock(directory: string, now: Date): DataLock {
  return withDirectory(directory, () => lock(directory, now));
}

/** Where several processes share a database, they may share the folder, too: nothing in it belongs to one of them. */
export function shareData(directory: string): DataLock {
  return withDirectory(directory, () => ({ held: true, release: () => undefined }));
}

function withDirectory(directory: string, use: () => DataLock): DataLock {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return use();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return {
      held: false,
      reason: `The data folder ${directory} cannot be used (${code}): this user must be able to write to it.`,
    };
  }
}

function lock(directory: string, now: Date): DataLock {
  const holderFile = join(directory, 'lock.json');
  const database = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    return { held: false, reason: refusal(directory, holderFile) };
  }
  // Only words for the one who comes second; the lock itself does not depend on it.
  const holder: Holder = { pid: process.pid, host: hostname(), since: now.toISOString() };
  writeFileSync(holderFile, JSON.stringify(holder), { mode: 0o600 });
  return { held: true, release: () => database.isOpen && database.close() };
}

type Holder = { readonly pid: number; readonly host: string; readonly since: string };

function refusal(directory: string, holderFile: string): string {
  const advice = 'Stop it first, or start this one in another folder: two would steal each other’s events.';
  return `Another process${describeHolder(holderFile)} is already using the data folder ${directory}. ${advice}`;
}

function describeHolder(holderFile: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(holderFile, 'utf8')) as Partial<Holder>;
    return ` (pid ${String(pid)} on ${String(host)}, since ${String(since)})`;
  } catch {
    return ''; // Being written just now, or deleted: the refusal stands without it.
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
