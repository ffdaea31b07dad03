import { sql, type Kysely } from 'kysely';
import type { CallRow, Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

export type CallStore = {
  /**
   * Adds to what was counted before. A row's `day` may also be a moment (`2026-11-20T08:00:05.000Z`): then it counts what
   * is forgotten at that time, and by the first `add` that says it is over.
   */
  add(rows: readonly Readonly<CallRow>[], now?: Date): Promise<void>;
  /** Everything counted on this day (`2026-11-01`) or up to this moment, and later. */
  since(day: string): Promise<readonly Readonly<CallRow>[]>;
};

export function createCallStore(db: Kysely<Schema>, queue: WriteQueue): CallStore {
  return {
    add: (rows, now) =>
      queue.write(async (transaction) => {
        if (now !== undefined)
          await transaction
            .deleteFrom('calls')
            .where('day', 'like', '%T%')
            .where('day', '<', now.toISOString())
            .execute();
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
