import type { WatchedModel } from './model-watch.ts';
import type { Running } from './running.ts';
import type { Turn } from './turn.ts';

/**
 * Where a question stands: `lane` behind others of its own conversation, `preparing` while pictures and quotations are
 * fetched, `line` behind others in front of the model servers, `answering`. `ahead`: how many come first.
 */
export type QueuedQuestion = {
  readonly turn: Turn;
  readonly state: 'lane' | 'preparing' | 'line' | 'answering';
  readonly ahead: number;
};

export type Queue = {
  /** Every question this process is working on, in the order in which they were taken. */
  list(): readonly QueuedQuestion[];
  /** Ends the questions whose id begins so (people see its first four characters), or all; says how many. The askers read who did it. */
  stop(which: { readonly id: string } | 'all'): number;
};

export function createQueue(
  running: Pick<Running, 'questions' | 'stop'>,
  stageOf: WatchedModel['stageOf'],
): Queue {
  return {
    list() {
      const inLane = new Map<string, number>();
      return running.questions().map((turn) => {
        const before = inLane.get(turn.scope) ?? 0;
        inLane.set(turn.scope, before + 1);
        return { turn, ...standingOf(turn, before) };
      });
    },
    stop(which) {
      const chosen = running.questions().filter(({ id }) => which === 'all' || id.startsWith(which.id));
      return chosen.filter(({ id }) => running.stop(id, 'stopped-by-administrator')).length;
    },
  };

  function standingOf(turn: Turn, before: number): Pick<QueuedQuestion, 'state' | 'ahead'> {
    if (before > 0) return { state: 'lane', ahead: before };
    const stage = stageOf(turn.scope);
    if (stage === undefined) return { state: 'preparing', ahead: 0 };
    return stage.ahead > 0 ? { state: 'line', ahead: stage.ahead } : { state: 'answering', ahead: 0 };
  }
}
