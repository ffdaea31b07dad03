import type { Kysely } from 'kysely';
import type { StopWish, TurnId } from '../core/turn.ts';
import type { Schema } from './schema.ts';
import { unfinishedStates } from './turn-rows.ts';
import type { WriteQueue } from './write-queue.ts';

/**
 * That somebody wants an answer ended is stored with the turn: the process that works on it may die before it hears of
 * it, and whoever takes the turn up honours it.
 */
export type StopWishes = {
  /** Of what has not decided its end yet; the first wish counts. At most a few hundred at once. */
  make(ids: readonly TurnId[], wish: StopWish): Promise<void>;
  of(id: TurnId): Promise<StopWish | undefined>;
  /** Of everything unfinished that this process works on. */
  ofOwner(owner: string): Promise<readonly { readonly id: TurnId; readonly wish: StopWish }[]>;
};

export function createStopWishes(db: Kysely<Schema>, queue: WriteQueue): StopWishes {
  const wishes = db
    .selectFrom('turns')
    .select(['id', 'stop_wish'])
    .where('stop_wish', 'is not', null)
    .where('state', 'in', [...unfinishedStates]);
  return {
    async make(ids, wish) {
      if (ids.length === 0) return;
      await queue.write(async (transaction) => {
        await transaction
          .updateTable('turns')
          .set({ stop_wish: wish })
          .where('id', 'in', [...ids])
          .where('state', 'in', [...unfinishedStates])
          .where('outcome', 'is', null)
          .where('stop_wish', 'is', null)
          .execute();
      });
    },
    async of(id) {
      const row = await wishes.where('id', '=', id).executeTakeFirst();
      return (row?.stop_wish as StopWish | null | undefined) ?? undefined;
    },
    async ofOwner(owner) {
      const rows = await wishes.where('owner', '=', owner).execute();
      return rows.map(({ id, stop_wish: wish }) => ({ id: id as TurnId, wish: wish as StopWish }));
    },
  };
}
