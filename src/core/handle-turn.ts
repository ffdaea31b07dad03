import type { AdapterErrorCode } from '../contract/errors.ts';
import type { GrowingPart } from '../commands/command.ts';
import { createLiveReply, type Finish, type LiveReply } from '../reply/live-reply.ts';
import { admission, unreadable } from '../reply/notices/admission.ts';
import { commandWords } from '../reply/notices/commands.ts';
import { endings } from '../reply/notices/endings.ts';
import { limitReached, paused } from '../reply/notices/limits.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import { progress } from '../reply/notices/progress.ts';
import type { Language } from '../store/store.ts';
import { chooseCommand } from './choose-command.ts';
import { handleQuestion } from './handle-question.ts';
import { runningButtons } from './present.ts';
import { deliver, endStopped, presented, type HandleServices, type Task } from './task.ts';
import { courseOf, giveUp, leave, stopAsWished, wasLeftTooOften, type Course } from './taken-up.ts';
import { createTrace } from './trace.ts';
import { shortId, type AdmissionNotice, type Ending, type Turn, type TurnPatch } from './turn.ts';

/**
 * The spine: one admitted turn, from its first sign of life to the last edit the platform accepts. Never rejects; what
 * goes wrong ends as a sentence in the reply and a cause in the log.
 */
export function createTurnHandler(services: HandleServices): (turn: Turn) => Promise<void> {
  return async (turn) => {
    const log = services.log({ turn: shortId(turn.id), adapter: turn.message.place.adapter });
    const adapter = services.adapters.get(turn.message.place.adapter);
    if (adapter === undefined) return log.warn({}, 'a turn waits for a platform that is not configured');
    const registered = services.running.add(turn);
    try {
      if (registered.letGo.aborted) return;
      const course = await courseOf(services, turn, registered.signal);
      if (course === 'give-up') return await giveUp(services, turn, log);
      const language = await languageOf(services, turn);
      const task = begin(services, { turn, adapter, language, log, ...registered }, course);
      await take(course, services, task);
    } catch (error) {
      log.error({ error }, 'the turn could not be carried out');
    } finally {
      services.running.remove(turn.id);
    }
  };
}

async function take(course: Exclude<Course, 'give-up'>, services: HandleServices, task: Task): Promise<void> {
  const { kind, ending } = task.turn;
  if (ending !== undefined) return deliver(services, task, ending, shownWith(task, ending));
  if (course === 'stop') return stopAsWished(services, task);
  if (course === 'leave') return leave(services, task);
  if (kind === 'notice') return notice(services, task);
  if (kind === 'command') return command(services, task);
  return handleQuestion(services, task);
}

async function languageOf({ store, locale }: HandleServices, turn: Turn): Promise<Language> {
  const { place, sender } = turn.message;
  try {
    return (await store.people.language(place.platform, sender.key)) ?? locale;
  } catch (error) {
    // What is only closed is closed in any language.
    if (!wasLeftTooOften(turn)) throw error;
    return locale;
  }
}

function begin(
  services: HandleServices,
  known: Omit<Task, 'reply' | 'save' | 'trace' | 'absorbed'>,
  course: Course,
): Task {
  const { turn, adapter, language, log, letGo } = known;
  const { store, clock } = services;
  const trace = createTrace(turn, clock);
  const save = async (patch: TurnPatch): Promise<boolean> => {
    try {
      const held = await store.turns.save(turn.id, patch, clock.now().getTime(), turn.fence);
      if (held || letGo.aborted) return true;
      log.warn({}, 'another process has taken the turn over');
      services.running.letGo(turn.id);
      return true;
    } catch (error) {
      // The person still gets the answer; only what a restart would know of it is older.
      log.error({ error }, 'the state of the turn could not be stored');
      return false;
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
    live: turn.kind === 'question' && course === 'anew',
    runningButtons: runningButtons(turn, adapter.capabilities, language),
    refusalNotices: refusalNotices(language),
    clock,
    random: services.random,
    log,
    signal: AbortSignal.any([services.dying, letGo]),
    async onParts(parts) {
      await save({
        parts,
        trace: trace.soFar(),
        ...(reply.text() === '' ? { state: 'open' } : { answer: reply.text() }),
      });
    },
    onShown: trace.shown,
    onGone: () => void services.running.stop(turn.id, 'gone'),
  });
  if (turn.ending !== undefined && turn.answer !== undefined) reply.append(turn.answer);
  return { ...known, reply, save, trace, absorbed: () => [] };
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

/** What a command or a notice says has no receipt and no buttons, also when it is said again after a crash. */
function shownWith(task: Task, ending: Ending): Finish {
  const own = task.turn.kind === 'question' || ending.notice !== undefined;
  return own ? presented(task, ending) : { status: ending.status, buttons: [] };
}

async function say(
  services: HandleServices,
  task: Task,
  markdown: string,
  facts?: Finish['facts'],
): Promise<void> {
  task.reply.append(markdown);
  const ending: Ending = { status: 'complete', remarks: [], durationMs: 0 };
  const finish = shownWith(task, ending);
  await deliver(services, task, ending, facts === undefined ? finish : { ...finish, facts });
}

async function notice(services: HandleServices, task: Task): Promise<void> {
  const { turn, language } = task;
  const said = turn.notice ?? { code: 'empty' };
  await say(services, task, noticeWords(services, turn, said)[language]);
}

function noticeWords({ timeZone }: HandleServices, turn: Turn, notice: AdmissionNotice): Phrase {
  if (notice.code === 'limit') return limitReached(notice, turn.acceptedAt, timeZone);
  if (notice.code === 'paused') return paused(notice.note);
  if (notice.code === 'unreadable') return unreadable(turn.message.unreadable[0] ?? 'other');
  return admission[notice.code];
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
