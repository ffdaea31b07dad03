import { sql, type Kysely } from 'kysely';
import type { CallRow, Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

export type CallStore = {
  /** Adds to what was counted before. */
  add(rows: readonly Readonly<CallRow>[]): Promise<void>;
  /** Everything counted on this day (`2026-11-01`) and later. */
  since(day: string): Promise<readonly Readonly<CallRow>[]>;
};

export function createCallStore(db: Kysely<Schema>, queue: WriteQueue): CallStore {
  return {
    add: (rows) =>
      queue.write(async (transaction) => {
        for (const row of rows) {
          await transaction
            .insertInto('calls')
            .values(row)
            .onConflict((conflict) =>
              conflict
                .columns(['platform', 'day', 'api'])
                .doUpdateSet({ count: sql`calls.count + excluded.count` }),
            )
            .execute();
        }
      }),
    since: (day) => db.selectFrom('calls').selectAll().where('day', '>=', day).execute(),
  };
}
