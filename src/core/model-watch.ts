import type { Model, ModelEvent, ModelRequest } from '../model/types.ts';

/** How far a request has come: `ahead` others come first in the line of the model servers; 0: it is being served. */
export type ModelStage = { readonly ahead: number };

export type WatchedModel = {
  /** The same model; whoever asks it is seen. */
  readonly model: Model;
  /** How far the request of this conversation has come; undefined while it asks nothing. */
  readonly stageOf: (conversation: string) => ModelStage | undefined;
};

/** Remembers of each conversation (`ModelRequest.affinity`) that asks the model how far it has come. */
export function watchModel(model: Model): WatchedModel {
  const stages = new Map<string, ModelStage>();

  async function* ask(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const { affinity } = request;
    if (affinity === undefined) {
      yield* model.ask(request, signal);
      return;
    }
    let mine: ModelStage = { ahead: 0 };
    stages.set(affinity, mine);
    try {
      for await (const event of model.ask(request, signal)) {
        const moved = event.type === 'queued' ? event.ahead : event.type === 'start' ? 0 : mine.ahead;
        if (moved !== mine.ahead && stages.get(affinity) === mine) {
          mine = { ahead: moved };
          stages.set(affinity, mine);
        }
        yield event;
      }
    } finally {
      // A question that is asked again with more in it may have begun before the first request has ended.
      if (stages.get(affinity) === mine) stages.delete(affinity);
    }
  }

  return { model: { ...model, ask }, stageOf: (conversation) => stages.get(conversation) };
}
