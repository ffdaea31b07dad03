import type { Bursts } from './bursts.ts';
import type { Logger } from '../contract/runtime.ts';
import { erasedEnding } from './erased.ts';
import { shortId, type Turn } from './turn.ts';

export type RecoverServices = {
  readonly bursts: Pick<Bursts, 'join'>;
  readonly begin: (turn: Turn) => void;
  readonly log: Logger;
};

/**
 * Takes up turns that another process left unended, oldest first: what was only accepted is answered, what was shown
 * half is answered again in the same reply, what only lacked its last edit gets that. A part goes with its question while
 * that is still to be answered. Resolves once all are under way.
 */
export async function recoverTurns(
  { bursts, begin, log }: RecoverServices,
  left: readonly Turn[],
): Promise<void> {
  const toAnswer = new Set(left.filter(({ ending }) => ending === undefined).map(({ id }) => id));
  for (const turn of left) {
    const taken = turn.joinedTo !== undefined && toAnswer.has(turn.joinedTo);
    if (turn.erasedAt !== undefined && turn.ending === undefined) begin({ ...turn, ending: erasedEnding });
    else if (turn.kind === 'part') {
      if (!taken) await bursts.join(turn).catch(notJoined(turn));
    }
    // Commands and notices count no attempts, and may have been shown all the same.
    else begin({ ...turn, attempts: Math.max(1, turn.attempts) });
  }

  /** Those after it are taken up all the same; this one is come upon again once its lease is over. */
  function notJoined({ id }: Turn): (error: unknown) => void {
    return (error) => log.error({ turn: shortId(id), error }, 'a message could not be taken up');
  }
}
