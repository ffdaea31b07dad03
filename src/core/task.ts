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
import type { SharedLanes } from './shared-lanes.ts';
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
  readonly sharedLanes: SharedLanes;
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
  /** Never rejects. False: it could not be stored now. True also for a turn that is another process's by now. */
  readonly save: (patch: TurnPatch) => Promise<boolean>;
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

/** How soon an end that could not be stored is stored again. */
const storeAgainMs = 1_000;
/** Where the store is well and still refuses, it will not take this at all. */
const triesWhileHealthy = 3;

/** Stores what must not be forgotten, for as long as the store is in trouble and the turn is ours. */
async function storeSurely(
  { store, clock, dying }: HandleServices,
  { save, letGo }: Task,
  patch: TurnPatch,
): Promise<boolean> {
  const over = AbortSignal.any([dying, letGo]);
  for (let tries = 1; ; tries += 1) {
    if (await save(patch)) return true;
    if (over.aborted || (store.healthy() && tries >= triesWhileHealthy)) return false;
    await clock.sleep(storeAgainMs, over);
  }
}

/**
 * Stores the end before it is shown, and that it was shown after the platform said so. Until that is stored the turn stays
 * in work here, or it would be taken up and answered once more.
 */
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
  const decided: TurnPatch = {
    state: 'finalising',
    ending,
    trace: trace.soFar(),
    // Parts end with the commit that decides the end; the question is stored as it was answered, with all of them.
    ...(absorbed.length === 0 ? {} : { absorbed, message: turn.message }),
    ...(text === '' ? {} : { answer: text }),
  };
  // Where others could take the turn over, an end they do not know of is not shown: they would show another one.
  const alone = services.store.engine === 'sqlite';
  const stored = await (alone ? save(decided) : storeSurely(services, task, decided));
  if (isLetGo(task)) return;
  const delivery = await reply.finish(finish);
  if (isLetGo(task) || (services.dying.aborted && delivery === 'undeliverable')) return;
  trace.closed(delivery);
  const state = delivery === 'undeliverable' ? 'failed' : restingState(ending.status);
  await storeSurely(services, task, { ...(stored ? {} : decided), state, trace: trace.soFar() });
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
