import type { Model, ModelDescription, ModelEvent, ModelOffer, ModelRequest } from '../../src/model/types.ts';

export type FakeModel = Model & {
  readonly asked: readonly ModelRequest[];
  /** What the next question is answered with; the last one given also serves all later questions. */
  answerWith(...scripts: Script[]): void;
  /** What its one server lists from now on. */
  offer(...offers: readonly ModelOffer[]): void;
};

/** Makes the events of one answer. It may wait; it should end when the signal aborts. */
export type Script = (request: ModelRequest, signal: AbortSignal) => AsyncIterable<ModelEvent>;

export const description: ModelDescription = {
  host: 'gpu.internal:8000',
  model: '/models/Qwen/Qwen3-VL-8B',
  engine: 'vllm',
  contextTokens: 32_768,
  vision: 'yes',
};

/** Says these pieces and ends well, as the model that was asked for if there is one. */
export function saying(...pieces: readonly string[]): Script {
  return async function* ({ model = description.model }) {
    yield { type: 'start', server: { ...description, model } };
    for (const text of pieces) yield { type: 'text-delta', text };
    yield { type: 'end', reason: 'stop', usage: { promptTokens: 10, completionTokens: pieces.length } };
  };
}

/** Says these pieces, then waits until it is stopped. */
export function sayingForEver(...pieces: readonly string[]): Script {
  return async function* (_request, signal) {
    yield { type: 'start', server: description };
    for (const text of pieces) yield { type: 'text-delta', text };
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    yield { type: 'end', reason: 'aborted' };
  };
}

export function failing(
  end: Omit<Extract<ModelEvent, { type: 'end' }>, 'type'>,
  ...pieces: readonly string[]
): Script {
  return async function* () {
    for (const text of pieces) yield { type: 'text-delta', text };
    yield { type: 'end', ...end };
  };
}

export function createFakeModel(): FakeModel {
  const asked: ModelRequest[] = [];
  let scripts: Script[] = [saying('ok')];
  let offers: readonly ModelOffer[] | undefined;
  return {
    asked,
    answerWith(...next) {
      scripts = next;
    },
    offer(...listed) {
      offers = listed;
    },
    ask(request, signal) {
      asked.push(request);
      const script = scripts.length > 1 ? scripts.shift() : scripts[0];
      return (script ?? saying('ok'))(request, signal);
    },
    describe: async ({ model = description.model }) => ({ ...description, model }),
    health: () => [
      { description, state: 'up', since: new Date(0), ...(offers === undefined ? {} : { offers }) },
    ],
    start: () => undefined,
    stop: async () => undefined,
  };
}
