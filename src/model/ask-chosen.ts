import { ask } from './ask.ts';
import type { AskSurroundings } from './ask-server.ts';
import { isRequestFault } from './failure.ts';
import type { Server } from './server.ts';
import type { ModelEnd, ModelEvent, ModelRequest } from './types.ts';
import { unlessAborted } from './within.ts';

/** Where questions go: those without pictures, and those with. Often the same servers. */
export type Pools = { readonly text: readonly Server[]; readonly vision: readonly Server[] };

/**
 * Asks for the chosen model where there is one, otherwise for the usual one. A chosen model that nobody lists, that is
 * blind to the pictures or whose servers are out of order leaves the question to the usual one, as long as nobody has
 * seen anything of an answer. Never throws; the last event is the one `end`.
 */
export async function* askChosen(
  pools: Pools,
  request: ModelRequest,
  surroundings: AskSurroundings,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  const { model, ...usual } = request;
  const pictured = isPictured(request);
  const usualServers = pictured ? pools.vision : pools.text;
  const able = model === undefined ? [] : await serversFor(model, pictured, pools, signal);
  if (able.length > 0) {
    const end = yield* untilEnd(ask(able, request, surroundings, signal));
    if (end === undefined) return;
    if (!mayAskUsual(end, able, usualServers)) {
      yield end;
      return;
    }
    surroundings.log.info({ model, fault: end.fault?.code }, 'the usual model is asked for the chosen one');
  }
  yield* ask(usualServers, usual, surroundings, signal);
}

function isPictured({ messages }: Pick<ModelRequest, 'messages'>): boolean {
  return messages.some(({ images }) => images !== undefined && images.length > 0);
}

/** The servers that can answer with this model. While none is known, those that have not told what they list are asked. */
export async function serversFor(
  model: string,
  pictured: boolean,
  { text, vision }: Pools,
  signal: AbortSignal,
): Promise<readonly Server[]> {
  const all = [...new Set([...text, ...vision])];
  if (all.every((server) => server.known(model) === undefined))
    await unlessAborted(Promise.all(all.map((server) => server.lookUp())), signal);
  return all.filter((server) => {
    const known = server.known(model);
    if (known === undefined || !pictured) return known !== undefined;
    // Where pictures have a server of their own, somebody saw to it; others must be known to see.
    return known.vision === 'yes' || (known.vision === 'unknown' && vision.includes(server));
  });
}

/** Hands everything on but the end of a request that failed before anything of an answer came. */
async function* untilEnd(
  events: AsyncGenerator<ModelEvent>,
): AsyncGenerator<ModelEvent, ModelEnd | undefined> {
  let begun = false;
  for await (const event of events) {
    if (event.type === 'end' && event.reason === 'failed' && !begun) return event;
    begun ||= event.type === 'start';
    yield event;
  }
  return undefined;
}

function mayAskUsual({ fault }: ModelEnd, asked: readonly Server[], usual: readonly Server[]): boolean {
  if (fault === undefined) return false;
  if (fault.code === 'no-vision' || fault.code === 'model-missing') return true;
  if (isRequestFault(fault.code) || fault.code === 'first-token-timeout') return false;
  return usual.some((server) => !asked.includes(server));
}
