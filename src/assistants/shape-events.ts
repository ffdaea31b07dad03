import type { Model, ModelEvent } from '../model/types.ts';
import type { AnswerShape } from './answer-shape.ts';

/** The same model, whose answer passes through a shape. Once that is full, the model is let go and the answer is whole. */
export function shaped(model: Model, shape: AnswerShape): Model {
  return { ...model, ask: (request, signal) => shapeEvents(model.ask(request, signal), shape) };
}

async function* shapeEvents(
  events: AsyncIterable<ModelEvent>,
  shape: AnswerShape,
): AsyncGenerator<ModelEvent, void> {
  for await (const event of events) {
    if (event.type === 'text-delta') {
      yield* asText(shape.push(event.text));
      if (!shape.full()) continue;
      yield* asText(shape.end(true));
      yield { type: 'end', reason: 'stop' };
      return;
    }
    if (event.type === 'text-was-reasoning') {
      const held = shape.held();
      shape.clear();
      yield event;
      if (held !== '') yield { type: 'reasoning-delta', text: held };
    } else {
      // What somebody stopped stays as it stands.
      if (event.type === 'end' && event.reason !== 'aborted')
        yield* asText(shape.end(event.reason === 'stop' || event.reason === 'tool-calls'));
      yield event;
    }
  }
}

function* asText(text: string): Generator<ModelEvent, void> {
  if (text !== '') yield { type: 'text-delta', text };
}
