import type { PersonKey } from '../contract/ids.ts';
import type { TurnId } from '../core/turn.ts';
import type { WriteQueue } from './write-queue.ts';

/** How people judged answers; the last judgement of each counts. */
export type FeedbackStore = {
  give(turn: TurnId, person: PersonKey, verdict: 'good' | 'bad', at: number): Promise<void>;
  withdraw(turn: TurnId, person: PersonKey): Promise<void>;
};

export function createFeedbackStore(queue: WriteQueue): FeedbackStore {
  return {
    give: (turn, person, verdict, at) =>
      queue.write(async (transaction) => {
        await transaction
          .insertInto('feedback')
          .values({ turn_id: turn, person, verdict, given_at: at })
          .onConflict((conflict) =>
            conflict.columns(['turn_id', 'person']).doUpdateSet({ verdict, given_at: at }),
          )
          .execute();
      }),
    withdraw: (turn, person) =>
      queue.write(async (transaction) => {
        await transaction
          .deleteFrom('feedback')
          .where('turn_id', '=', turn)
          .where('person', '=', person)
          .execute();
      }),
  };
}
