import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openSqlite } from '../../../src/store/sqlite.ts';
import { openStore } from '../../../src/store/store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the embedded database', () => {
  it('names a full disk as the cause, and works again once there is room', async () => {
    const db = openSqlite(join(folder, 'bridge.db'));
    await sql`create table things (bytes blob)`.execute(db);
    await sql`pragma max_page_count = 20`.execute(db);
    const put = (bytes: number): Promise<unknown> =>
      db
        .transaction()
        .execute((transaction) =>
          sql`insert into things values (${Buffer.alloc(bytes)})`.execute(transaction),
        );
    await expect(put(1_000_000)).rejects.toThrow(/disk is full/);
    await expect(put(1_000)).resolves.toBeDefined();
    await db.destroy();
  });

  it('that is damaged is named with what to do, and left as it is', async () => {
    const file = join(folder, 'bridge.db');
    writeFileSync(file, 'not a database at all '.repeat(400));
    const before = readFileSync(file);
    await expect(openStore({ file }, systemClock)).rejects.toThrow(/bridge\.db is damaged.*backup/);
    expect(readFileSync(file)).toEqual(before);
  });
});
