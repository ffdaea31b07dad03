import type { Clock } from '../contract/runtime.ts';
import type { Model, ModelHealth } from '../model/types.ts';

/** Whoever asks in a chat waits no longer than this for servers that have not been heard of since the start. */
const patienceMs = 2_000;

/** Each model server and what it lists; asked only while none has told yet, as in the first moment after a start. */
export async function knownServers(
  model: Pick<Model, 'health' | 'describe'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly ModelHealth[]> {
  const untold = model.health().filter(({ offers, state }) => offers === undefined && state !== 'down');
  if (untold.length > 0 && untold.length === model.health().length) {
    const over = new AbortController();
    const patience = AbortSignal.any([signal, over.signal]);
    await Promise.race([model.describe({ vision: false }, patience), clock.sleep(patienceMs, patience)]);
    over.abort();
  }
  return model.health();
}
