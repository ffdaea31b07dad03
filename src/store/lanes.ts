import type { Turn } from '../core/turn.ts';
import type { Engine } from './engine.ts';
import { unfinishedStates } from './turn-rows.ts';
import type { WriteQueue } from './write-queue.ts';

/** A question that stands in a lane, on whichever process. */
export type Standing = {
  readonly id: string;
  /** Of the process that asks. */
  readonly mine: boolean;
  /** It is being answered. */
  readonly begun: boolean;
  readonly acceptedAt: number;
};

/** One conversation's questions when several processes answer them. */
export type LaneStore = {
  /**
   * Says how many questions of other processes come first in this one's lane. None: from now on it is the one that is
   * being answered there, which was decided in the same commit.
   */
  enter(turn: Pick<Turn, 'id' | 'scope' | 'fence'>, owner: string): Promise<number>;
};

/**
 * How many questions of others come before the next one of ours: what is being answered, and what waits longer than
 * all of ours. Compared is with the oldest of ours, not with the very question that would come next: a turn that was taken over
 * may stand behind a younger one here, and two processes must never wait for each other.
 */
export function aheadOf(standing: readonly Standing[]): number {
  const waiting = standing.filter(({ begun }) => !begun).sort(inOrder);
  const oldestOfOurs = waiting.findIndex(({ mine }) => mine);
  const earlier = waiting.slice(0, Math.max(0, oldestOfOurs));
  const answered = standing.filter(({ mine, begun }) => begun && !mine);
  return answered.length + earlier.length;
}

/** The same for every process, whatever its clock says: what counts is what is stored. */
function inOrder(one: Standing, other: Standing): number {
  return one.acceptedAt - other.acceptedAt || (one.id < other.id ? -1 : 1);
}

export function createLaneStore(queue: WriteQueue, { databaseNow }: Pick<Engine, 'databaseNow'>): LaneStore {
  return {
    enter: ({ id, scope, fence }, owner) =>
      queue.write(async (transaction) => {
        const rows = await transaction
          .selectFrom('turns')
          .select(['id', 'owner', 'fence', 'lane_fence', 'accepted_at', 'outcome'])
          .where('scope', '=', scope)
          .where('kind', '=', 'question')
          .where('state', 'in', [...unfinishedStates])
          // Whoever holds none of its leases any more keeps nobody waiting.
          .where((where) => where.or([where('owner', '=', owner), where('lease_until', '>', databaseNow())]))
          .execute();
        const standing = rows
          .map((row) => ({ ...row, begun: row.lane_fence === row.fence }))
          // What was taken over only to be closed stands in no lane.
          .filter(({ begun, outcome }) => begun || outcome === null)
          .map(({ id, begun, ...row }): Standing => ({
            id,
            begun,
            mine: row.owner === owner,
            acceptedAt: row.accepted_at,
          }));
        const ahead = aheadOf(standing);
        if (ahead === 0)
          await transaction
            .updateTable('turns')
            .set({ lane_fence: fence })
            .where('id', '=', id)
            .where('fence', '=', fence)
            .execute();
        return ahead;
      }),
  };
}
