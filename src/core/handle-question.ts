import { progress } from '../reply/notices/progress.ts';
import { answerQuestion, type Answered } from './answer-question.ts';
import type { Burst } from './bursts.ts';
import { collectMaterial, type Material, type MaterialTask } from './material.ts';
import { createPictureReader } from './pictures.ts';
import { deliver, endStopped, presented, type HandleServices, type Task } from './task.ts';
import type { Ending } from './turn.ts';

/** One question from its lane to the end of its reply, with whatever is said before its answer begins. */
export async function handleQuestion(services: HandleServices, task: Task): Promise<void> {
  const { turn, reply, language, signal } = task;
  const parts = turn.attempts > 0 ? await services.store.turns.partsOf(turn.id) : [];
  const reader = createPictureReader({ ...services, adapter: task.adapter, log: task.log }, signal);
  let outdated = new AbortController();
  const gather = (stored: MaterialTask['stored']): Promise<Material> => {
    outdated.abort();
    outdated = new AbortController();
    const gathering = collectMaterial(services, {
      ...task,
      turn: burst.turn(),
      reader,
      stored,
      signal: AbortSignal.any([signal, outdated.signal]),
    });
    // Looked at when the question's turn comes; until then its failure is nobody's.
    gathering.catch(() => undefined);
    return gathering;
  };
  const burst: Burst = services.bursts.begin(turn, parts, () => {
    material = gather('outdated');
  });
  let material = gather(parts.length === 0 ? 'all' : 'perhaps too few');
  let begun = false;
  let ending: Promise<void> | undefined;
  /** The turn with everything that was said, as it stands now. */
  const whole = (): Task => ({ ...task, turn: burst.turn(), absorbed: () => burst.seal() });
  if (signal.aborted) return endStopped(services, whole());
  const stoppedWhileWaiting = new Promise<void>((resolve) => {
    const stop = (): void => {
      if (begun) return;
      ending = endStopped(services, whole());
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  const onMoved = (ahead: number): void => reply.progress(progress.waiting(ahead)[language]);
  const work = services.lanes.run(
    turn.scope,
    async () => {
      await services.sharedLanes.enter(turn, signal, onMoved);
      if (signal.aborted) return;
      begun = true;
      burst.working();
      await answer(services, { task: whole, burst, material: () => material });
    },
    onMoved,
  );
  await Promise.race([work, stoppedWhileWaiting]);
  // The lane may come free at the same moment; the reply's end is waited for all the same.
  await ending;
  burst.seal();
}

type Round = {
  /** The turn with everything said by now. */
  readonly task: () => Task;
  readonly burst: Burst;
  readonly material: () => Promise<Material>;
};

async function answer(services: HandleServices, round: Round): Promise<void> {
  const { turn, log, save } = round.task();
  const startedAt = services.clock.now().getTime();
  try {
    // Stored beside the asking, which it need not hold up: whoever takes the turn up anew counts an attempt anyway.
    const begun = save({ attempts: turn.attempts + 1 });
    const { ending, reasoning } = await answerAll(services, round);
    await begun;
    const task = round.task();
    await deliver(services, task, ending, presented(task, ending, reasoning));
  } catch (error) {
    log.error({ error }, 'the question could not be answered');
    const durationMs = services.clock.now().getTime() - startedAt;
    const ending: Ending = { status: 'failed', notice: { type: 'internal' }, remarks: [], durationMs };
    await deliver(services, round.task(), ending, presented(round.task(), ending));
  }
}

/** Asks until nothing more was said before the first text: whatever came in between is part of the question. */
async function answerAll(services: HandleServices, { task, burst, material }: Round): Promise<Answered> {
  for (;;) {
    const asking = burst.round(task().signal);
    const onFirstText = (): void => void burst.seal();
    const given = { ...task(), signal: asking.signal, material: material(), onFirstText };
    const answered = await answerQuestion(services, given);
    if (!asking.restarted() || task().reply.text() !== '') {
      burst.seal();
      return answered;
    }
    task().log.info({ step: 'more' }, 'more was said before the answer began; asking again with all of it');
  }
}
