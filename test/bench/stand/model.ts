import { startChild } from './child.ts';
import type { AnswerPlan, ModelMessage, ModelOrder, ModelReport } from './model-protocol.ts';

/** A stand-in for the model server, in a process of its own. */
export type ModelStandIn = {
  readonly pid: number;
  /** With `/v1`. */
  readonly baseUrl: string;
  /** Holds for the requests that come from now on. */
  plan(plan: AnswerPlan): void;
  progress(): Promise<{ readonly open: number; readonly whole: number }>;
  /** What was given out since the last report. */
  report(): Promise<ModelReport>;
  stop(): void;
};

export async function startModelStandIn(): Promise<ModelStandIn> {
  const child = startChild<ModelOrder, ModelMessage>(new URL('model-process.ts', import.meta.url));
  const port = await child.hear((message) => (message.type === 'listening' ? message.port : undefined));
  return {
    pid: child.pid,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    plan: (plan) => child.tell({ type: 'plan', plan }),
    progress() {
      const heard = child.hear((message) => (message.type === 'progress' ? message : undefined));
      child.tell({ type: 'progress' });
      return heard;
    },
    report() {
      const heard = child.hear((message) => (message.type === 'report' ? message.report : undefined));
      child.tell({ type: 'report' });
      return heard;
    },
    stop: () => child.stop(),
  };
}
