import type { Kysely } from 'kysely';
import type { Json } from '../contract/ids.ts';
import type { SharedValues } from '../contract/replicas.ts';
import type { Clock } from '../contract/runtime.ts';
import type { Engine } from './engine.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

const maxKeyCharacters = 200;
/** Three contents of a chat message, the largest of which is 20 KiB. */
const maxValueBytes = 64 * 1024;
/** In memory; beyond it the oldest are forgotten. At their largest 128 MB, in practice a few. */
const maxValues = 2_000;

function checked(key: string, value: Json): string {
  if (key.length > maxKeyCharacters) throw new RangeError(`a key of ${key.length} characters`);
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > maxValueBytes)
    throw new RangeError(`a value of more than ${maxValueBytes} bytes`);
  return text;
}

/** The table `shared`. What has expired is deleted by the next write, or by the purge: some of it is people's answers. */
export function createSharedStore(
  db: Kysely<Schema>,
  queue: WriteQueue,
  { databaseNow }: Pick<Engine, 'databaseNow'>,
  clock: Clock,
): SharedValues {
  return {
    several: true,
    async put(key, value, forMs) {
      // By our own clock, which may be a little off: it only says how long a value is kept.
      const now = clock.now().getTime();
      const row = { value: checked(key, value), expires_at: now + forMs };
      await queue.write(async (transaction) => {
        await transaction.deleteFrom('shared').where('expires_at', '<=', now).execute();
        await transaction
          .insertInto('shared')
          .values({ name: key, ...row })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
          .execute();
      });
    },
    async get(key) {
      const row = await db
        .selectFrom('shared')
        .select('value')
        .where('name', '=', key)
        .where('expires_at', '>', databaseNow())
        .executeTakeFirst();
      return row === undefined ? undefined : (JSON.parse(row.value) as Json);
    },
  };
}

/** Where only one process uses the database: nothing leaves it, and a restart forgets everything. */
export function createLocalShared(clock: Clock): SharedValues {
  const values = new Map<string, { readonly text: string; readonly expiresAt: number }>();
  return {
    several: false,
    async put(key, value, forMs) {
      const now = clock.now().getTime();
      const text = checked(key, value);
      values.delete(key);
      for (const [oldest, { expiresAt }] of values) {
        if (values.size < maxValues && expiresAt > now) break;
        values.delete(oldest);
      }
      values.set(key, { text, expiresAt: now + forMs });
    },
    async get(key) {
      const found = values.get(key);
      if (found === undefined || found.expiresAt <= clock.now().getTime()) return undefined;
      return JSON.parse(found.text) as Json;
    },
  };
}
