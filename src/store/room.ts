import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** Some messages with their turns; a full file may still have a place for small changes. */
const roomBytes = 64 * 1024;
const name = 'room';

/** Rejects unless there is room for some messages more, really written: what is only allocated may fail on its way to the disk. */
export async function findRoom(db: Kysely<Schema>): Promise<void> {
  const value = 'x'.repeat(roomBytes);
  await db
    .insertInto('meta')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
  await db.deleteFrom('meta').where('name', '=', name).execute();
}
