import {
  sql,
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SelectQueryBuilder,
  type Transaction,
} from 'kysely';
import type { AdapterId } from '../contract/ids.ts';
import type { Turn, TurnId } from '../core/turn.ts';
import type { Engine } from './engine.ts';
import type { Schema, TurnRow } from './schema.ts';
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
  /** Renews those of these that are still held so and unfinished; says which have another number by now. */
  renew(held: readonly Held[], forMs: number): Promise<readonly Held[]>;
  /**
   * Takes unfinished turns that nobody works on, oldest first; a part only when its question is not there to take it.
   * Parts of a question that is taken go with it: their numbers rise, too. Counted in `takenUp` is what was not let go of
   * in good order.
   */
  take(taking: Taking): Promise<readonly Turn[]>;
  /** Lets go of everything unfinished, so that others need not wait for the leases to end. */
  release(owner: string): Promise<void>;
  /** Unfinished turns that others hold at this moment. */
  elsewhere(owner: string): Promise<readonly Turn[]>;
};

/** The end of a lease that its holder let go of in good order. */
const released = 0;
const oneMoreUnlessReleased = sql<number>`case when lease_until = ${sql.lit(released)} then taken_up else taken_up + 1 end`;

/** Taken in one go; what is more is taken the next time. */
const maxTaken = 1_000;

/** Of those that `take` may take by their states and integrations, only the ones that nobody holds or looks after. */
function leftAlone(unfinished: UnfinishedTurns, now: RawBuilder<number>): UnfinishedTurns {
  return unfinished.where((where) =>
    where.and([
      where.or([where.eb('lease_until', 'is', null), where.eb('lease_until', '<', now)]),
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
  );
}

type UnfinishedTurns = SelectQueryBuilder<Schema, 'turns', Selectable<TurnRow>>;

function unfinishedOf(
  transaction: Transaction<Schema>,
  { adapters, except }: Pick<Taking, 'adapters' | 'except'>,
): UnfinishedTurns {
  const here = except.map(({ id }) => id);
  return transaction
    .selectFrom('turns')
    .selectAll()
    .where('state', 'in', [...unfinishedStates])
    .where('adapter', 'in', [...adapters])
    .$if(here.length > 0, (query) => query.where('id', 'not in', here))
    .orderBy('accepted_at')
    .limit(maxTaken);
}

export function createLeaseStore(
  db: Kysely<Schema>,
  queue: WriteQueue,
  { databaseNow }: Pick<Engine, 'databaseNow'>,
): LeaseStore {
  const until = (forMs: number): RawBuilder<number> => sql<number>`${databaseNow()} + ${sql.lit(forMs)}`;
  return {
    async renew(held, forMs) {
      if (held.length === 0) return [];
      const ids = held.map(({ id }) => id);
      return queue.write(async (transaction) => {
        const rows = await transaction
          .selectFrom('turns')
          .select(['id', 'fence'])
          .where('id', 'in', ids)
          .execute();
        const fences = new Map<string, number>(rows.map(({ id, fence }) => [id, fence]));
        const isLost = ({ id, fence }: Held): boolean => (fences.get(id) ?? fence) !== fence;
        const kept = held.filter((turn) => !isLost(turn)).map(({ id }) => id);
        if (kept.length > 0)
          await transaction
            .updateTable('turns')
            .set({ lease_until: until(forMs) })
            .where('id', 'in', kept)
            .where('state', 'in', [...unfinishedStates])
            .execute();
        return held.filter(isLost);
      });
    },
    async take({ owner, forMs, which, except, adapters }) {
      if (adapters.length === 0) return [];
      return queue.write(async (transaction) => {
        const unfinished = unfinishedOf(transaction, { adapters, except });
        const left = which === 'all' ? unfinished : leftAlone(unfinished, databaseNow());
        const rows = await left.execute();
        if (rows.length === 0) return [];
        const ids = rows.map(({ id }) => id);
        await transaction
          .updateTable('turns')
          .set({
            owner,
            fence: sql<number>`fence + 1`,
            taken_up: oneMoreUnlessReleased,
            lease_until: until(forMs),
          })
          .where('state', 'in', [...unfinishedStates])
          .where((where) => where.or([where('id', 'in', ids), where('joined_to', 'in', ids)]))
          .execute();
        return rows.map((row) => {
          const takenUp = row.taken_up + (row.lease_until === released ? 0 : 1);
          return fromRow({ ...row, owner, fence: row.fence + 1, taken_up: takenUp });
        });
      });
    },
    release: (owner) =>
      queue.write(async (transaction) => {
        await transaction
          .updateTable('turns')
          .set({ lease_until: released })
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
