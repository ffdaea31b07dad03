import type { Seen } from './audience.ts';
import type { AnswerPlan, SentAnswer } from './model-protocol.ts';
import { processorSeconds, watchMemory, watchOwnWork, type OwnWork } from './process-figures.ts';
import type { Stand } from './stand.ts';
import { until } from './wait.ts';

export type Load = AnswerPlan & {
  readonly replies: number;
  /** The questions come evenly over this time. */
  readonly spreadMs: number;
  /** False: figures are taken when the last token is out, and the replies are left as they are. */
  readonly untilClosed: boolean;
};

/** One question, as it was asked, answered by the model and seen in the chat. */
export type Observed = { readonly seen: Seen; readonly sent: SentAnswer };

export type LoadOutcome = {
  readonly replies: readonly Observed[];
  readonly tokens: number;
  /** Of the service, from the first question to the end. */
  readonly processorSeconds: number;
  readonly mostMebibytes: number;
  readonly durationMs: number;
  /** Calls to the simulated platform, and those of them that it did not take. */
  readonly calls: number;
  readonly refused: number;
  /** How long a call took at the simulated platform, in milliseconds, half of them less. */
  readonly callMs: readonly number[];
  readonly own: OwnWork;
  readonly latenessP99Ms: number;
};

/** Has people ask, waits until all was said (and closed), and gives back what everybody saw. */
export async function runLoad(stand: Stand, load: Load): Promise<LoadOutcome> {
  const { feishu, model, service, audience } = stand;
  model.plan(load);
  feishu.clearCalls();
  const own = watchOwnWork();
  const memory = watchMemory(service.pid);
  const [usedBefore, beganAt] = [processorSeconds(service.pid), performance.now()];
  const asked = await audience.ask(load.replies, load.spreadMs);
  await until(async () => (await model.progress()).whole >= load.replies, 'every answer made');
  if (load.untilClosed)
    await until(() => asked.every(({ closedAt }) => closedAt !== undefined), 'every reply closed');
  const used = processorSeconds(service.pid) - usedBefore;
  const durationMs = performance.now() - beganAt;
  const [mostMebibytes, ownWork] = [memory.stop(), own.stop()];
  const { answers, latenessP99Ms } = await model.report();
  const calls = feishu.calls();
  return {
    replies: paired(asked, answers),
    tokens: answers.reduce((sum, { sentAt }) => sum + sentAt.length, 0),
    processorSeconds: used,
    mostMebibytes,
    durationMs,
    calls: calls.length,
    refused: calls.filter(({ code }) => code !== 0).length,
    callMs: calls.map(({ durationMs: took }) => took),
    own: ownWork,
    latenessP99Ms,
  };
}

function paired(asked: readonly Seen[], answers: readonly SentAnswer[]): readonly Observed[] {
  const byIndex = new Map(answers.map((answer) => [answer.index, answer]));
  if (byIndex.size !== answers.length) throw new Error('a question was put to the model twice');
  return asked.map((seen) => {
    const sent = byIndex.get(seen.index);
    if (sent?.whole !== true) throw new Error(`question ${seen.index} was not answered to its end`);
    return { seen, sent };
  });
}
