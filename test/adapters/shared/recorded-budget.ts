import type { CallBudget, PlannedCall } from '../../../src/contract/budget.ts';

export type RecordedBudget = CallBudget & {
  readonly calls: PlannedCall[];
  readonly slowed: { readonly call: PlannedCall; readonly retryAfterMs: number | undefined }[];
};

/** Lets every call leave at once and remembers it. */
export function createRecordedBudget(): RecordedBudget {
  const calls: PlannedCall[] = [];
  const slowed: RecordedBudget['slowed'][number][] = [];
  return {
    calls,
    slowed,
    async run(call, signal, send) {
      signal.throwIfAborted();
      calls.push(call);
      return send();
    },
    slowDown: (call, retryAfterMs) => slowed.push({ call, retryAfterMs }),
  };
}
