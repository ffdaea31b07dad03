import { describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { postgresIsMissing, postgresUrl } from '../../fakes/postgres.ts';
import { openRunDatabase } from './database.ts';

const url = await postgresUrl();
if (url === undefined) console.warn(postgresIsMissing);

/** As far as the counting looks at it. */
const table = `
  create table turns (id text, state text, answer text, owner text, fence integer, lease_until bigint);
  insert into turns values ('old', 'streaming', '', 'a', 1, 1), ('new', 'streaming', '', 'a', 1, 9e15), ('over', 'done', '', 'a', 1, 1)`;

describe.skipIf(url === undefined)('the count of writes with an expired lease', () => {
  it.each([
    ['a text written after the lease was over', `update turns set answer = 'x' where id = 'old'`, 1],
    ['a text written in time', `update turns set answer = 'x' where id = 'new'`, 0],
    ['a lease that is renewed late', `update turns set lease_until = 9e15 where id = 'old'`, 0],
    ['a turn that is taken over', `update turns set fence = 2, lease_until = 9e15 where id = 'old'`, 0],
    ['a turn that had ended', `update turns set answer = 'x' where id = 'over'`, 0],
  ])('counts %s right', async (_what, statement, count) => {
    const database = await openRunDatabase('postgres', async () => url ?? '');
    const client = new Client({ connectionString: database.environment['DATABASE_URL'] });
    await client.connect();
    try {
      await client.query(table);
      await database.watchLeases();
      await client.query(statement);
      expect(await database.lateWrites()).toBe(count);
    } finally {
      await client.end();
      await database.remove();
    }
  });
});
