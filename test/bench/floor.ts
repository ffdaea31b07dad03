import { percentile } from './statistics.ts';
import type { FloorMessage, FloorOrder, ReadToken } from './floor-protocol.ts';
import { startChild } from './stand/child.ts';
import { preciseNow, type AnswerPlan, type SentAnswer } from './stand/model-protocol.ts';
import { startModelStandIn } from './stand/model.ts';
import { processorSeconds, watchMemory } from './stand/process-figures.ts';
import { labelOf } from './stand/tokens.ts';
import { evenly, until } from './stand/wait.ts';

export type FloorLoad = AnswerPlan & { readonly replies: number; readonly spreadMs: number };

/** What the same streams cost a process that only reads them. */
export type Floor = {
  readonly processorSecondsPer1000: number;
  readonly mostMebibytes: number;
  /** From an event to the request it leads to: of the first one after the start, and half of the others less. */
  readonly firstRequestMs: number;
  readonly requestMs: readonly number[];
  /** From the model's socket to a decoded token, 99 in 100 less. */
  readonly readP99Ms: number;
};

/** Runs the bare pass-through under a load, after one short answer that starts everything up. */
export async function measureFloor(load: FloorLoad): Promise<Floor> {
  const model = await startModelStandIn();
  const floor = startChild<FloorOrder, FloorMessage>(new URL('floor-process.ts', import.meta.url), [
    `${model.baseUrl}/chat/completions`,
  ]);
  try {
    const port = await floor.hear((message) => (message.type === 'listening' ? message.port : undefined));
    const askedAt: number[] = [];
    const ask = (index: number): void => {
      askedAt[index] = preciseNow();
      void fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: `${labelOf(index)} 请说明一下报销流程`,
      });
    };
    const report = async (): Promise<Extract<FloorMessage, { type: 'report' }>> => {
      const heard = floor.hear((message) => (message.type === 'report' ? message : undefined));
      floor.tell({ type: 'report' });
      return heard;
    };
    const answered = (count: number): Promise<void> =>
      until(async () => (await model.progress()).whole >= count, 'every answer passed through');
    model.plan({ tokens: 10, intervalMs: 20, firstTokenMs: 50 });
    ask(0);
    await answered(1);
    const [warmUp] = (await model.report()).answers;
    await report();
    model.plan(load);
    const memory = watchMemory(floor.pid);
    const usedBefore = processorSeconds(floor.pid);
    await evenly(load.replies, load.spreadMs, (number) => ask(1 + number));
    await answered(load.replies);
    const used = processorSeconds(floor.pid) - usedBefore;
    const mostMebibytes = memory.stop();
    const { answers } = await model.report();
    const { tokens, reads } = await report();
    return {
      processorSecondsPer1000: (used / tokens) * 1000,
      mostMebibytes,
      firstRequestMs: (warmUp?.requestedAt ?? Number.NaN) - (askedAt[0] ?? Number.NaN),
      requestMs: answers.map(({ index, requestedAt }) => requestedAt - (askedAt[index] ?? Number.NaN)),
      readP99Ms: percentile(readTimes(reads, answers), 0.99),
    };
  } finally {
    floor.stop();
    model.stop();
  }
}

function readTimes(reads: readonly ReadToken[], answers: readonly SentAnswer[]): number[] {
  const byIndex = new Map(answers.map(({ index, sentAt }) => [index, sentAt]));
  return reads.map(({ index, token, readAt }) => readAt - (byIndex.get(index)?.[token] ?? Number.NaN));
}
