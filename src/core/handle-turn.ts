import type { Adapter } from '../contract/adapter.ts';
import type { AdapterErrorCode } from '../contract/errors.ts';
import type { AdapterId } from '../contract/ids.ts';
import type { Logger } from '../contract/runtime.ts';
import type { CommandServices, GrowingPart } from '../commands/command.ts';
import { createLiveReply, type Delivery, type Finish, type LiveReply } from '../reply/live-reply.ts';
import type { Pace } from '../reply/pace.ts';
import { admission, unreadable } from '../reply/notices/admission.ts';
import { commandWords } from '../reply/notices/commands.ts';
import { endings } from '../reply/notices/endings.ts';
import { progress } from '../reply/notices/progress.ts';
import type { Language, Store } from '../store/store.ts';
import type { Access } from './access.ts';
import { answerQuestion, type AnswerServices } from './answer-question.ts';
import { collectMaterial, type Material } from './material.ts';
import { chooseCommand } from './choose-command.ts';
import { judge, restingState } from './judge.ts';
import type { Lanes } from './lanes.ts';
import { presentEnding, runningButtons } from './present.ts';
import type { Running } from './running.ts';
import { createTrace, type Trace } from './trace.ts';
import { shortId, type Ending, type Turn, type TurnPatch } from './turn.ts';

/** What a turn leaves behind in the figures; called once for each, after it ended. */
export type TurnEnded = (turn: Turn, ending: Ending, delivery: Delivery) => void;

export type HandleServices = AnswerServices & {
  readonly store: Store;
  readonly adapters: ReadonlyMap<AdapterId, Adapter>;
  readonly access: Access;
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

type Task = {
  readonly turn: Turn;
  readonly adapter: Adapter;
  readonly language: Language;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly trace: Trace;
  readonly save: (patch: TurnPatch) => Promise<void>;
  readonly reply: LiveReply;
};

/**
 * The spine: one admitted turn, from its first sign of life to the last edit the platform accepts. Never rejects; what
 * goes wrong ends as a sentence in the reply and a cause in the log.
 */
export function createTurnHandler(services: HandleServices): (turn: Turn) => Promise<void> {
  return async (turn) => {
    const log = services.log({ turn: shortId(turn.id), adapter: turn.message.place.adapter });
    const adapter = services.adapters.get(turn.message.place.adapter);
    if (adapter === undefined) return log.warn({}, 'a turn waits for a platform that is not configured');
    const signal = services.running.add(turn);
    try {
      const { platform } = turn.message.place;
      const language =
        (await services.store.people.language(platform, turn.message.sender.key)) ?? services.locale;
      const task = begin(services, { turn, adapter, language, log, signal });
      if (turn.ending !== undefined) await deliver(services, task, turn.ending, presented(task, turn.ending));
      else if (turn.kind === 'notice') await notice(services, task);
      else if (turn.kind === 'command') await command(services, task);
      else await question(services, task);
    } catch (error) {
      log.error({ error }, 'the turn could not be carried out');
    } finally {
      services.running.remove(turn.id);
    }
  };
}

function begin(services: HandleServices, known: Omit<Task, 'reply' | 'save' | 'trace'>): Task {
  const { turn, adapter, language, log } = known;
  const { store, clock } = services;
  const trace = createTrace(turn, clock);
  const save = async (patch: TurnPatch): Promise<void> => {
    try {
      await store.turns.save(turn.id, patch, clock.now().getTime());
    } catch (error) {
      // The person still gets the answer; only what a restart would know of it is older.
      log.error({ error }, 'the state of the turn could not be stored');
    }
  };
  const reply: LiveReply = createLiveReply({
    adapter,
    target: turn.message.replyTarget,
    key: turn.id,
    maybeOpen: turn.attempts > 0 && turn.parts.length === 0,
    resume: turn.parts,
    progress: (turn.attempts > 0 ? progress.resuming : progress.thinking)[language],
    pace: services.pace(adapter),
    runningPreview: progress.working[language],
    live: turn.kind === 'question' && turn.ending === undefined,
    runningButtons: runningButtons(turn, adapter.capabilities, language),
    refusalNotices: refusalNotices(language),
    clock,
    random: services.random,
    log,
    signal: services.dying,
    onParts: (parts) =>
      save({
        parts,
        trace: trace.soFar(),
        ...(reply.text() === '' ? { state: 'open' } : { answer: reply.text() }),
      }),
    onShown: trace.shown,
    onGone: () => void services.running.stop(turn.id, 'gone'),
  });
  if (turn.ending !== undefined && turn.answer !== undefined) reply.append(turn.answer);
  return { ...known, reply, save, trace };
}

/** What a person reads in place of an answer that the platform does not take. */
function refusalNotices(language: Language): Partial<Record<AdapterErrorCode, string>> {
  const unshowable = endings.unshowable[language];
  return {
    'content-rejected': endings['content-rejected'][language],
    invalid: unshowable,
    'too-large': unshowable,
    unsupported: unshowable,
  };
}

function presented({ turn, adapter, language }: Task, ending: Ending, thinking?: string): Finish {
  return presentEnding(turn, ending, adapter.capabilities, language, thinking);
}

/** Stores the end before it is shown, and that it was shown after the platform said so. */
async function deliver(services: HandleServices, task: Task, ending: Ending, finish: Finish): Promise<void> {
  const { turn, reply, log, save, trace } = task;
  const text = reply.text();
  trace.ending(ending);
  await save({
    state: 'finalising',
    ending,
    trace: trace.soFar(),
    ...(text === '' ? {} : { answer: text }),
  });
  const delivery = await reply.finish(finish);
  if (services.dying.aborted && delivery === 'undeliverable') return;
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

async function question(services: HandleServices, task: Task): Promise<void> {
  const { turn, reply, language, signal } = task;
  if (signal.aborted) return endStopped(services, task);
  let begun = false;
  let ending: Promise<void> | undefined;
  const stoppedWhileWaiting = new Promise<void>((resolve) => {
    const stop = (): void => {
      if (begun) return;
      ending = endStopped(services, task);
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  const material = collectMaterial(services, task);
  // Looked at when the question's turn comes; until then its failure is nobody's.
  material.catch(() => undefined);
  const work = services.lanes.run(
    turn.scope,
    async () => {
      if (signal.aborted) return;
      begun = true;
      await answer(services, task, material);
    },
    (ahead) => reply.progress(progress.waiting(ahead)[language]),
  );
  await Promise.race([work, stoppedWhileWaiting]);
  // The lane may come free at the same moment; the reply's end is waited for all the same.
  await ending;
}

async function endStopped(services: HandleServices, task: Task): Promise<void> {
  const verdict = judge(
    { type: 'end', reason: 'aborted' },
    { text: false, thought: false },
    task.signal.reason,
  );
  // A turn that waits at shutdown stays as it is and is taken up at the next start; its reply says so until then.
  if (verdict.status === 'interrupted') {
    task.reply.progress(progress.restarting[task.language]);
    return task.reply.shown();
  }
  const ending: Ending = { ...verdict, remarks: [], durationMs: 0 };
  await deliver(services, task, ending, presented(task, ending));
}

/** How often a turn is begun anew after crashes; a question that kills the process must not do so for ever. */
export const maxAttempts = 3;

async function answer(services: HandleServices, task: Task, material: Promise<Material>): Promise<void> {
  const { turn, log } = task;
  const startedAt = services.clock.now().getTime();
  try {
    await task.save({ attempts: turn.attempts + 1 });
    if (turn.attempts >= maxAttempts || turn.parts.length > 1) {
      task.reply.append(turn.answer ?? '');
      const ending: Ending = {
        status: 'interrupted',
        notice: { type: 'restarted' },
        remarks: [],
        durationMs: 0,
      };
      return await deliver(services, task, ending, presented(task, ending));
    }
    const { ending, reasoning } = await answerQuestion(services, { ...task, material });
    await deliver(services, task, ending, presented(task, ending, reasoning));
  } catch (error) {
    log.error({ error }, 'the question could not be answered');
    const durationMs = services.clock.now().getTime() - startedAt;
    const ending: Ending = { status: 'failed', notice: { type: 'internal' }, remarks: [], durationMs };
    await deliver(services, task, ending, presented(task, ending));
  }
}

async function say(
  services: HandleServices,
  task: Task,
  markdown: string,
  facts?: Finish['facts'],
): Promise<void> {
  task.reply.append(markdown);
  const ending: Ending = { status: 'complete', remarks: [], durationMs: 0 };
  await deliver(services, task, ending, {
    status: 'complete',
    buttons: [],
    ...(facts === undefined ? {} : { facts }),
  });
}

async function notice(services: HandleServices, task: Task): Promise<void> {
  const { turn, language } = task;
  const kind = turn.notice ?? 'empty';
  const words = kind === 'unreadable' ? unreadable(turn.message.unreadable[0] ?? 'other') : admission[kind];
  await say(services, task, words[language]);
}

async function command(services: HandleServices, task: Task): Promise<void> {
  const { turn, language, log, signal } = task;
  const chosen = await chooseCommand(services, turn, log);
  if ('words' in chosen) return say(services, task, chosen.words[language]);
  try {
    const { command: known, ...asked } = chosen;
    const context = { ...asked, turn, language, signal, services: services.commandServices };
    const answered = await known.run(context);
    if (answered === 'elsewhere') await task.save({ state: 'done' });
    else if ('growing' in answered) await grow(services, task, answered.growing);
    else await say(services, task, answered.markdown, answered.facts);
  } catch (error) {
    log.error({ error, command: chosen.command.name }, 'a command failed');
    await say(services, task, commandWords.failed[language]);
  }
}

/** Shows what a command says while it works. */
async function grow(services: HandleServices, task: Task, parts: AsyncIterable<GrowingPart>): Promise<void> {
  const { turn, reply, language, signal } = task;
  services.running.lasting(turn.id);
  reply.progress(progress.working[language]);
  reply.goLive();
  for await (const part of parts) {
    if ('progress' in part) reply.progress(part.progress);
    else reply.append(part.markdown);
  }
  if (signal.aborted) await endStopped(services, task);
  else await say(services, task, '');
}
