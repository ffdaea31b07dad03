import type { Kysely } from 'kysely';
import type { PersonKey, PlatformId } from '../contract/ids.ts';
import type { PersonRef } from './policy.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** One act that needed a right, or one refusal. `act` is a command's name or a word of our own for what was tried. */
export type AuditEntry = {
  /** Equal for all that is written about one act: the later writing says more of the same. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly platform: PlatformId;
  readonly person: PersonKey;
  readonly act: string;
  readonly allowed: boolean;
  /** Ids, subjects and values; never message text. */
  readonly detail: string;
};

export type AuditStore = {
  /** Writes an act down; of one that stands there already, what it came to. */
  readonly write: (entry: AuditEntry) => Promise<void>;
  /** The newest acts first; of one person where one is named. */
  readonly newest: (limit: number, person?: PersonRef) => Promise<readonly AuditEntry[]>;
};

export function createAuditStore(db: Kysely<Schema>, queue: WriteQueue): AuditStore {
  return {
    write: ({ allowed, ...entry }) =>
      queue.write(async (transaction) => {
        const outcome = { allowed: allowed ? 1 : 0, detail: entry.detail };
        await transaction
          .insertInto('audit')
          .values({ ...entry, ...outcome })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(outcome))
          .execute();
      }),
    async newest(limit, person) {
      let query = db.selectFrom('audit').selectAll().orderBy('at', 'desc').orderBy('id').limit(limit);
      if (person !== undefined)
        query = query.where('platform', '=', person.platform).where('person', '=', person.id);
      const rows = await query.execute();
      return rows.map((row) => ({
        id: row.id,
        at: row.at,
        platform: row.platform as PlatformId,
        person: row.person as PersonKey,
        act: row.act,
        allowed: row.allowed === 1,
        detail: row.detail,
      }));
    },
  };
}
