import { sql, type Kysely } from 'kysely';
import type { AdapterId } from '../contract/ids.ts';
import type { Turn, TurnId } from '../core/turn.ts';
import type { Engine } from './engine.ts';
import type { Schema } from './schema.ts';
import { fromRow, unfinishedStates } from './turn-rows.ts';
import type { WriteQueue } from './write-queue.ts';

/** A turn held: with every change of hands its number rises, and writes with an older one are refused. */
export type Held = { readonly id: TurnId; readonly fence: number };

export type Taking = {
  readonly owner: string;
  readonly forMs: number;
  /** `all`: also those whose lease goes on, where no other process can be alive. */
  readonly which: 'expired' | 'all';
  /** What is being worked on here already. */
  readonly except: readonly Held[];
  /** Only turns of these integrations: of others nothing could be shown. */
  readonly adapters: readonly AdapterId[];
};

export type LeaseStore = {
  /** Renews those of these that are still held so and unfinished; says which they are. */
  renew(held: readonly Held[], forMs: number): Promise<readonly Held[]>;
  /** Takes unfinished turns that nobody works on, oldest first; a part only when its question is not there to take it. */
  take(taking: Taking): Promise<readonly Turn[]>;
  /** Lets go of everything unfinished, so that others need not wait for the leases to end. */
  release(owner: string): Promise<void>;
  /** Unfinished turns that others hold at this moment. */
  elsewhere(owner: string): Promise<readonly Turn[]>;
};

/** Taken in one go; what is more is taken the next time. */
const maxTaken = 1_000;

export function createLeaseStore(
  db: Kysely<Schema>,
  queue: WriteQueue,
  { databaseNow }: Pick<Engine, 'databaseNow'>,
): LeaseStore {
  return {
    renew: (held, forMs) =>
      queue.write(async (transaction) => {
        if (held.length === 0) return [];
        const fences = new Map(held.map(({ id, fence }) => [id, fence]));
        const rows = await transaction
          .selectFrom('turns')
          .select(['id', 'fence'])
          .where('id', 'in', [...fences.keys()])
          .where('state', 'in', [...unfinishedStates])
          .execute();
        const kept = rows
          .map(({ id, fence }) => ({ id: id as TurnId, fence }))
          .filter(({ id, fence }) => fences.get(id) === fence);
        if (kept.length === 0) return [];
        await transaction
          .updateTable('turns')
          .set({ lease_until: sql<number>`${databaseNow()} + ${sql.lit(forMs)}` })
          .where(
            'id',
            'in',
            kept.map(({ id }) => id),
          )
          .execute();
        return kept;
      }),
    take: ({ owner, forMs, which, except, adapters }) =>
      queue.write(async (transaction) => {
        if (adapters.length === 0) return [];
        const rows = await transaction
          .selectFrom('turns')
          .selectAll()
          .where('state', 'in', [...unfinishedStates])
          .where('adapter', 'in', [...adapters])
          .$if(except.length > 0, (query) =>
            query.where(
              'id',
              'not in',
              except.map(({ id }) => id),
            ),
          )
          .$if(which === 'expired', (query) =>
            query.where((where) =>
              where.and([
                where.or([where.eb('lease_until', 'is', null), where.eb('lease_until', '<', databaseNow())]),
                where.or([
                  where.eb('kind', '!=', 'part'),
                  where.not(
                    where.exists(
                      where
                        .selectFrom('turns as question')
                        .select('question.id')
                        .whereRef('question.id', '=', 'turns.joined_to')
                        .where('question.state', 'in', [...unfinishedStates])
                        .where('question.outcome', 'is', null),
                    ),
                  ),
                ]),
              ]),
            ),
          )
          .orderBy('accepted_at')
          .limit(maxTaken)
          .execute();
        if (rows.length === 0) return [];
        await transaction
          .updateTable('turns')
          .set({
            owner,
            fence: sql<number>`fence + 1`,
            lease_until: sql<number>`${databaseNow()} + ${sql.lit(forMs)}`,
          })
          .where(
            'id',
            'in',
            rows.map(({ id }) => id),
          )
          .execute();
        return rows.map((row) => fromRow({ ...row, owner, fence: row.fence + 1 }));
      }),
    release: (owner) =>
      queue.write(async (transaction) => {
        await transaction
          .updateTable('turns')
          .set({ lease_until: 0 })
          .where('owner', '=', owner)
          .where('state', 'in', [...unfinishedStates])
          .execute();
      }),
    async elsewhere(owner) {
      const rows = await db
        .selectFrom('turns')
        .selectAll()
        .where('state', 'in', [...unfinishedStates])
        .where('owner', '!=', owner)
        .orderBy('accepted_at')
        .limit(maxTaken)
        .execute();
      return rows.map(fromRow);
    },
  };
}
