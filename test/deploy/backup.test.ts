import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { NewerSchemaError } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/store.ts';
import { backUpDatabase, BackupError, restoreDatabase } from '../../src/store/backup.ts';

let folder: string;
let database: string;
const now = new Date('2026-11-20T03:30:00Z');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-backup-'));
  database = join(folder, 'data/bridge.db');
  await (await openStore({ file: database }, systemClock)).close();
  remember('first');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes something as the service does, on a connection of its own. */
function remember(value: string, file = database): void {
  const db = new DatabaseSync(file);
  db.prepare('insert into settings (name, value) values (?, ?)').run(value, value.repeat(50));
  db.close();
}

function remembered(file: string): readonly unknown[] {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = db.prepare('select name from settings order by rowid').all();
  db.close();
  return rows.map(({ name }) => name);
}

const backupFile = (): string => join(folder, 'backups/today.db');

describe('a backup', () => {
  it('holds what was committed, in one file that only its owner can read', async () => {
    const { file, bytes, schema } = await backUpDatabase(database, backupFile());
    expect(remembered(file)).toEqual(['first']);
    expect([statSync(file).size, statSync(file).mode & 0o777]).toEqual([bytes, 0o600]);
    expect(schema).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'backups'))).toEqual(['today.db']);
  });

  it('is of one moment: what is being written then is not in it, and the writer does not wait', async () => {
    const writer = new DatabaseSync(database, { timeout: 0 });
    writer.exec(`begin immediate; insert into settings (name, value) values ('half', 'done')`);
    await backUpDatabase(database, backupFile());
    writer.exec('commit');
    writer.close();
    expect(remembered(backupFile())).toEqual(['first']);
    expect(remembered(database)).toEqual(['first', 'half']);
  });

  it('holds nothing of what was erased', async () => {
    remember('canary-erased');
    const db = new DatabaseSync(database);
    db.exec(`delete from settings where name = 'canary-erased'`);
    db.close();
    await backUpDatabase(database, backupFile());
    expect(readFileSync(backupFile()).includes('canary-erased')).toBe(false);
  });

  it('replaces no earlier one, and leaves nothing behind when it fails', async () => {
    await backUpDatabase(database, backupFile());
    await expect(backUpDatabase(database, backupFile())).rejects.toThrow(/exists already/);
    const missing = join(folder, 'elsewhere/bridge.db');
    await expect(backUpDatabase(missing, join(folder, 'backups/b.db'))).rejects.toThrow(BackupError);
    expect(readdirSync(join(folder, 'backups'))).toEqual(['today.db']);
  });
});

describe('a restoration', () => {
  it('brings back the state of the backup and keeps what it replaces, its log included', async () => {
    await backUpDatabase(database, backupFile());
    // As after `kill -9`: the last commit is in the log only.
    const crashed = new DatabaseSync(database);
    crashed.exec(`pragma journal_mode = wal; insert into settings (name, value) values ('later', 'x')`);
    const { replaced } = await restoreDatabase(backupFile(), database, now);
    crashed.close();
    expect(remembered(database)).toEqual(['first']);
    expect(replaced).toBe(join(folder, 'data/replaced-2026-11-20T03-30-00/bridge.db'));
    expect(remembered(replaced ?? '')).toEqual(['first', 'later']);
    const store = await openStore({ file: database }, systemClock);
    expect(store.healthy()).toBe(true);
    await store.close();
  });

  it('can be taken back', async () => {
    await backUpDatabase(database, backupFile());
    const crashed = new DatabaseSync(database);
    crashed.exec(`pragma journal_mode = wal; insert into settings (name, value) values ('later', 'x')`);
    const { replaced = '' } = await restoreDatabase(backupFile(), database, now);
    await restoreDatabase(replaced, database, new Date(now.getTime() + 1_000));
    crashed.close();
    expect(remembered(database)).toEqual(['first', 'later']);
  });

  it('works where there was nothing, and leaves the backup as it was', async () => {
    await backUpDatabase(database, backupFile());
    const before = readFileSync(backupFile());
    rmSync(join(folder, 'data'), { recursive: true });
    const fresh = join(folder, 'bridge.db');
    expect(await restoreDatabase(backupFile(), fresh, now)).toEqual({ replaced: undefined, ended: 0 });
    expect(remembered(fresh)).toEqual(['first']);
    expect(readFileSync(backupFile())).toEqual(before);
    expect(statSync(fresh).mode & 0o777).toBe(0o600);
  });

  it('refuses a backup of a newer version and keeps everything as it is', async () => {
    await backUpDatabase(database, backupFile());
    const db = new DatabaseSync(backupFile());
    db.exec(`update meta set value = '9999' where name = 'schema'`);
    db.close();
    await expect(restoreDatabase(backupFile(), database, now)).rejects.toThrow(NewerSchemaError);
    expect(remembered(database)).toEqual(['first']);
    expect(readdirSync(join(folder, 'data')).filter((name) => !name.startsWith('bridge.db'))).toEqual([]);
  });

  it('refuses what is damaged, cut short or something else', async () => {
    await backUpDatabase(database, backupFile());
    const whole = readFileSync(backupFile());
    const damaged = Buffer.from(whole).fill(0x55, 4096, 12_288);
    for (const bytes of [
      damaged,
      whole.subarray(0, 10_000),
      Buffer.from('a text'.repeat(2_000)),
      Buffer.alloc(0),
    ]) {
      writeFileSync(backupFile(), bytes);
      await expect(restoreDatabase(backupFile(), database, now)).rejects.toThrow(BackupError);
    }
    expect(remembered(database)).toEqual(['first']);
  });
});
