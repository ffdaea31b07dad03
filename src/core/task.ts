import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId } from '../contract/ids.ts';
import type { Logger } from '../contract/runtime.ts';
import type { CommandServices } from '../commands/command.ts';
import type { Delivery, Finish, LiveReply } from '../reply/live-reply.ts';
import { progress } from '../reply/notices/progress.ts';
import type { Pace } from '../reply/pace.ts';
import type { Language, Store } from '../store/store.ts';
import type { Access } from './access.ts';
import type { AnswerServices } from './answer-question.ts';
import type { Bursts } from './bursts.ts';
import { judge, restingState } from './judge.ts';
import type { Lanes } from './lanes.ts';
import { presentEnding } from './present.ts';
import type { Running } from './running.ts';
import type { Trace } from './trace.ts';
import type { Ending, Turn, TurnId, TurnPatch } from './turn.ts';

/** What a turn leaves behind in the figures; called once for each, after it ended. */
export type TurnEnded = (turn: Turn, ending: Ending, delivery: Delivery) => void;

export type HandleServices = AnswerServices & {
  readonly store: Store;
  readonly adapters: ReadonlyMap<AdapterId, Adapter>;
  readonly access: Access;
  readonly bursts: Bursts;
  readonly commandServices: CommandServices;
  readonly lanes: Lanes;
  readonly running: Running;
  readonly random: () => number;
  readonly uuid: () => string;
  readonly log: (fields: { readonly turn: string; readonly adapter: string }) => Logger;
  readonly locale: Language;
  /** Aborts when the process must let go of everything; whatever is unfinished is taken up at the next start. */
  readonly dying: AbortSignal;
  readonly ended: TurnEnded;
  readonly pace: (adapter: Adapter) => Pace;
};

/** One turn being worked on. */
export type Task = {
  readonly turn: Turn;
  readonly adapter: Adapter;
  readonly language: Language;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Aborts when the turn is another process's from now on. */
  readonly letGo: AbortSignal;
  readonly trace: Trace;
  readonly save: (patch: TurnPatch) => Promise<void>;
  readonly reply: LiveReply;
  /** Parts that end together with this turn. */
  readonly absorbed: () => readonly TurnId[];
};

/** How the end of this turn's reply looks. */
export function presented({ turn, adapter, language }: Task, ending: Ending, thinking?: string): Finish {
  return presentEnding(turn, ending, adapter.capabilities, language, thinking);
}

/** The turn is another process's now: nothing more is said or stored for it here. */
const isLetGo = ({ letGo }: Task): boolean => letGo.aborted;

/** Stores the end before it is shown, and that it was shown after the platform said so. */
export async function deliver(
  services: HandleServices,
  task: Task,
  ending: Ending,
  finish: Finish,
): Promise<void> {
  const { turn, reply, log, save, trace } = task;
  if (isLetGo(task)) return;
  const text = reply.text();
  trace.ending(ending);
  const absorbed = task.absorbed();
  await save({
    state: 'finalising',
    ending,
    trace: trace.soFar(),
    // Parts end with the commit that decides the end; the question is stored as it was answered, with all of them.
    ...(absorbed.length === 0 ? {} : { absorbed, message: turn.message }),
    ...(text === '' ? {} : { answer: text }),
  });
  const delivery = await reply.finish(finish);
  if (isLetGo(task) || (services.dying.aborted && delivery === 'undeliverable')) return;
  trace.closed(delivery);
  const state = delivery === 'undeliverable' ? 'failed' : restingState(ending.status);
  await save({ state, trace: trace.soFar() });
  const { status, durationMs, tokens } = ending;
  log.info(
    { step: 'end', status, delivery, durationMs, tokens, notice: ending.notice?.type },
    'the turn has ended',
  );
  services.ended(turn, ending, delivery);
}

/** Ends a turn that was stopped before anything of an answer was shown. */
export async function endStopped(services: HandleServices, task: Task): Promise<void> {
  const verdict = judge(
    { type: 'end', reason: 'aborted' },
    { text: false, thought: false },
    task.signal.reason,
  );
  // A turn that waits at shutdown stays as it is and is taken up at the next start; its reply says so until then.
  if (isLetGo(task)) return;
  if (verdict.status === 'interrupted') {
    task.reply.progress(progress.restarting[task.language]);
    return task.reply.shown();
  }
  const ending: Ending = { ...verdict, remarks: [], durationMs: 0 };
  await deliver(services, task, ending, presented(task, ending));
}
