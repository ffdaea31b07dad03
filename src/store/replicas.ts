import { sql, type Selectable } from 'kysely';
import { z } from 'zod';
import type { Engine } from './engine.ts';
import type { ReplicaRow } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** A process on this database, as it stands there at one moment of the database's own clock. */
export type Replica = {
  readonly owner: string;
  /** For how many milliseconds more it counts as alive; negative: for how long it has not. */
  readonly aliveForMs: number;
  /** Of whom it takes account: it uses no more of the shared limits than it may with these. */
  readonly counts: readonly string[];
};

export type Beat = {
  readonly owner: string;
  /** How long the process counts as alive from now on. */
  readonly forMs: number;
  readonly counts: readonly string[];
};

export type ReplicaStore = {
  /**
   * Says that this process lives and of whom it takes account, which is nobody any more who has died; and reads who is
   * there, itself included, in the same commit. So whoever comes back from the dead finds out.
   */
  beat(beat: Beat): Promise<readonly Replica[]>;
  /** This process makes no calls any more. */
  leave(owner: string): Promise<void>;
};

/** Those that ended are remembered longer than any limit's window takes account of them. */
const rememberedMs = 10 * 60_000;

const names = z.array(z.string());

export function createReplicaStore(
  queue: WriteQueue,
  { databaseNow }: Pick<Engine, 'databaseNow'>,
): ReplicaStore {
  return {
    beat: ({ owner, forMs, counts }) =>
      queue.write(async (transaction) => {
        const rows = await transaction
          .selectFrom('replicas')
          .selectAll()
          .select(databaseNow().as('now'))
          .execute();
        const alive = new Set(
          rows.filter(({ alive_until: until, now }) => until > now).map((row) => row.owner),
        );
        alive.add(owner);
        const kept = counts.filter((name) => alive.has(name));
        const renewed = {
          seen_at: databaseNow(),
          alive_until: sql<number>`${databaseNow()} + ${sql.lit(forMs)}`,
          counts: JSON.stringify(kept),
        };
        await transaction
          .insertInto('replicas')
          .values({ owner, joined_at: databaseNow(), ...renewed })
          .onConflict((conflict) => conflict.column('owner').doUpdateSet(renewed))
          .execute();
        await transaction
          .deleteFrom('replicas')
          .where('alive_until', '<', sql<number>`${databaseNow()} - ${sql.lit(rememberedMs)}`)
          .execute();
        const others = rows.filter((row) => row.owner !== owner).map(fromRow);
        return [{ owner, aliveForMs: forMs, counts: kept }, ...others];
      }),
    leave: (owner) =>
      queue.write(async (transaction) => {
        await transaction
          .updateTable('replicas')
          .set({ alive_until: databaseNow() })
          .where('owner', '=', owner)
          .execute();
      }),
  };
}

function fromRow(row: Selectable<ReplicaRow> & { readonly now: number }): Replica {
  return {
    owner: row.owner,
    aliveForMs: row.alive_until - row.now,
    counts: names.parse(JSON.parse(row.counts)),
  };
}
