import type { Logger } from '../contract/runtime.ts';
import { deliver, endStopped, presented, type HandleServices, type Task } from './task.ts';
import { firstFence, type Ending, type EndingNotice, type Turn } from './turn.ts';

/**
 * So often a turn is begun anew after a process had left it in the middle. What is left again and again may be the very
 * thing that ends the process: it is closed with what there is, and not carried out any more.
 */
const begunAnew = 2;
/** So often its closing is tried after that, before it is left alone for good. */
const closingTries = 3;

/**
 * What is still done for a turn. `anew`: all of it. `show-end`: its end is decided, and shown. `stop`: somebody wants it
 * ended. `leave`: it goes no further, and is closed with a note. `give-up`: nothing more is tried.
 */
export type Course = 'anew' | 'show-end' | 'stop' | 'leave' | 'give-up';

export async function courseOf(
  { store, running }: Pick<HandleServices, 'store' | 'running'>,
  turn: Turn,
  signal: AbortSignal,
): Promise<Course> {
  if (turn.takenUp > begunAnew + closingTries) return 'give-up';
  if (turn.ending !== undefined) return 'show-end';
  if (wasLeftTooOften(turn)) return 'leave';
  if (turn.kind !== 'question') return 'anew';
  // Looked up only now, when a signal would be heard: what was wished before stands there.
  const wish = turn.fence > firstFence ? await store.stopWishes.of(turn.id) : undefined;
  if (wish !== undefined) running.stop(turn.id, wish);
  if (signal.aborted) return 'stop';
  // Nothing already shown is rewritten, and what was closed on the way cannot be gone on in.
  return turn.parts.length > 1 ? 'leave' : 'anew';
}

/** Nothing of it may be carried out any more. */
export function wasLeftTooOften({ takenUp }: Pick<Turn, 'takenUp'>): boolean {
  return takenUp > begunAnew;
}

/** The question with all that was said and answered by now. */
async function withEverything({ store, bursts }: HandleServices, task: Task): Promise<Task> {
  const { turn, reply } = task;
  const burst = bursts.begin(turn, await store.turns.partsOf(turn.id), () => undefined);
  reply.append(turn.answer ?? '');
  return { ...task, turn: burst.turn(), absorbed: () => burst.seal() };
}

const endingWith = (status: Ending['status'], type: 'restarted' | 'internal'): Ending => {
  const notice: EndingNotice = { type };
  return { status, notice, remarks: [], durationMs: 0 };
};

/** Honours the wish of somebody whom no process heard; the text stays. */
export async function stopAsWished(services: HandleServices, task: Task): Promise<void> {
  await endStopped(services, await withEverything(services, task));
}

/** Closes what goes no further: a question with a note and its buttons, all else with one sentence. */
export async function leave(services: HandleServices, known: Task): Promise<void> {
  const { kind, takenUp } = known.turn;
  const question = kind === 'question';
  const task = question ? await withEverything(services, known) : known;
  const ending = question ? endingWith('interrupted', 'restarted') : endingWith('failed', 'internal');
  await deliver(services, task, ending, presented(task, ending));
  if (!wasLeftTooOften(known.turn)) return;
  known.log.error(
    { kind, takenUp },
    'left in the middle again and again; it was closed and is not tried again',
  );
}

/** Not even its closing came to an end: nothing of it is shown any more, and nobody takes it up again. */
export async function giveUp(
  { store, clock, ended }: HandleServices,
  turn: Turn,
  log: Logger,
): Promise<void> {
  const { kind, takenUp } = turn;
  const ending = turn.ending ?? endingWith('failed', 'internal');
  const parts = await store.turns.partsOf(turn.id);
  const patch = { state: 'failed', ending, absorbed: parts.map(({ id }) => id) } as const;
  if (!(await store.turns.save(turn.id, patch, clock.now().getTime(), turn.fence))) return;
  log.error({ kind, takenUp }, 'not even its end could be shown; it is given up');
  ended(turn, ending, 'undeliverable');
}
