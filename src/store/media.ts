import type { Kysely } from 'kysely';
import type { TurnId } from '../core/turn.ts';
import type { ModelImage } from '../model/types.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** Pictures as the model saw them, for later questions. */
export type MediaStore = {
  put(turn: TurnId, images: readonly ModelImage[], expiresAt: number): Promise<void>;
  /** In order; empty when there were none or they have expired. */
  of(turn: TurnId, now: number): Promise<readonly ModelImage[]>;
};

export function createMediaStore(db: Kysely<Schema>, queue: WriteQueue): MediaStore {
  return {
    put: (turn, images, expiresAt) =>
      queue.write(async (transaction) => {
        await transaction.deleteFrom('media').where('turn_id', '=', turn).execute();
        const erased = await transaction
          .selectFrom('turns')
          .select('id')
          .where('id', '=', turn)
          .where('erased_at', 'is not', null)
          .executeTakeFirst();
        if (erased !== undefined) return;
        for (const [position, { mime, bytes, width, height }] of images.entries()) {
          const row = { turn_id: turn, position, mime, width, height, bytes, expires_at: expiresAt };
          await transaction.insertInto('media').values(row).execute();
        }
      }),
    of: async (turn, now) => {
      const rows = await db
        .selectFrom('media')
        .selectAll()
        .where('turn_id', '=', turn)
        .where('expires_at', '>', now)
        .orderBy('position')
        .execute();
      return rows.map(({ mime, bytes, width, height }) => ({
        mime: mime as ModelImage['mime'],
        bytes,
        width,
        height,
      }));
    },
  };
}
