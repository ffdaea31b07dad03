import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openSqlite } from '../../../src/store/sqlite.ts';
import { openSqliteEngine } from '../../../src/store/sqlite-engine.ts';
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

  it('counts as full until some messages would fit, though small changes find a place all the time', async () => {
    const engine = await openSqliteEngine(join(folder, 'bridge.db'), systemClock);
    const { db } = engine;
    await sql`pragma max_page_count = 1`.execute(db);
    await sql`update meta set value = value where name = 'schema'`.execute(db);
    await expect(engine.probe(true)).rejects.toThrow(/disk is full/);
    await sql`pragma max_page_count = 1000000`.execute(db);
    await engine.probe(true);
    expect(await db.selectFrom('meta').select('name').where('name', '=', 'room').execute()).toEqual([]);
    await engine.close();
  });

  it('that is damaged is named with what to do, and left as it is', async () => {
    const file = join(folder, 'bridge.db');
    writeFileSync(file, 'not a database at all '.repeat(400));
    const before = readFileSync(file);
    await expect(openStore({ file }, systemClock)).rejects.toThrow(/bridge\.db is damaged.*backup/);
    expect(readFileSync(file)).toEqual(before);
  });
});
