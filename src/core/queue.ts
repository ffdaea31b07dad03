import type { ModelStages } from './model-stages.ts';
import type { Elsewhere } from '../replicas/elsewhere.ts';
import type { Running } from './running.ts';
import type { Turn } from './turn.ts';

/**
 * Where a question stands: `lane` behind others of its own conversation, `preparing` while pictures and quotations are
 * fetched, `line` behind others in front of the model servers, `answering`; `elsewhere`: on another replica. `ahead`: how
 * many come first.
 */
export type QueuedQuestion = {
  readonly turn: Turn;
  readonly state: 'lane' | 'preparing' | 'line' | 'answering' | 'elsewhere';
  readonly ahead: number;
};

export type Queue = {
  /** Every question being worked on: ours in the order in which they were taken, then those of other replicas. */
  list(): Promise<readonly QueuedQuestion[]>;
  /** Ends the questions whose id begins so (people see its first four characters), or all; says how many. The askers read who did it. */
  stop(which: { readonly id: string } | 'all'): Promise<number>;
};

export function createQueue(
  running: Pick<Running, 'questions' | 'stop'>,
  elsewhere: Pick<Elsewhere, 'list' | 'stop'>,
  stageOf: ModelStages['of'],
): Queue {
  return {
    async list() {
      const inLane = new Map<string, number>();
      const ours = running.questions().map((turn): QueuedQuestion => {
        const before = inLane.get(turn.scope) ?? 0;
        inLane.set(turn.scope, before + 1);
        return { turn, ...standingOf(turn, before) };
      });
      const others = (await elsewhere.list()).filter(({ kind }) => kind === 'question');
      return [...ours, ...others.map((turn): QueuedQuestion => ({ turn, state: 'elsewhere', ahead: 0 }))];
    },
    async stop(which) {
      const meant = ({ id, kind }: Turn): boolean =>
        kind === 'question' && (which === 'all' || id.startsWith(which.id));
      const chosen = running.questions().filter(meant);
      const stopped = chosen.filter(({ id }) => running.stop(id, 'stopped-by-administrator')).length;
      return stopped + (await elsewhere.stop(meant, 'stopped-by-administrator'));
    },
  };

  function standingOf(turn: Turn, before: number): Pick<QueuedQuestion, 'state' | 'ahead'> {
    if (before > 0) return { state: 'lane', ahead: before };
    const stage = stageOf(turn.scope);
    if (stage === undefined) return { state: 'preparing', ahead: 0 };
    return stage.ahead > 0 ? { state: 'line', ahead: stage.ahead } : { state: 'answering', ahead: 0 };
  }
}
