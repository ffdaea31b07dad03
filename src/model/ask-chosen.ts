import { ask } from './ask.ts';
import type { AskSurroundings } from './ask-server.ts';
import { isRequestFault } from './failure.ts';
import type { Reader } from './reader.ts';
import type { Server } from './server.ts';
import type { ModelEnd, ModelEvent, ModelRequest } from './types.ts';
import { unlessAborted } from './within.ts';

/** Where questions go: those without pictures, and those with. Often the same servers. */
export type Pools = { readonly text: readonly Server[]; readonly vision: readonly Server[] };

/**
 * Asks for the chosen model where there is one, otherwise for the usual one. A chosen model that nobody lists, that is
 * blind to the pictures or whose servers are out of order leaves the question to the usual one, as long as nobody has
 * seen anything of an answer. The last event it gives is the one `end`.
 */
export async function askChosen(
  pools: Pools,
  request: ModelRequest,
  surroundings: AskSurroundings,
  reader: Reader,
): Promise<void> {
  const { model, ...usual } = request;
  const pictured = isPictured(request);
  const usualServers = pictured ? pools.vision : pools.text;
  const able = model === undefined ? [] : await serversFor(model, pictured, pools, reader.signal);
  if (able.length > 0) {
    const end = await failedBefore((watched) => ask(able, request, surroundings, watched), reader);
    if (end === undefined) return;
    if (!mayAskUsual(end, able, usualServers)) return reader.give(end);
    surroundings.log.info({ model, fault: end.fault?.code }, 'the usual model is asked for the chosen one');
  }
  await ask(usualServers, usual, surroundings, reader);
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

/** Hands everything on but the end of a request that failed before anything of an answer came: that it gives back. */
async function failedBefore(
  asking: (watched: Reader) => Promise<void>,
  { give, signal }: Reader,
): Promise<ModelEnd | undefined> {
  let begun = false;
  let kept: ModelEnd | undefined;
  const watched = (event: ModelEvent): void => {
    begun ||= event.type === 'start';
    if (event.type === 'end' && event.reason === 'failed' && !begun) kept = event;
    else give(event);
  };
  await asking({ give: watched, signal });
  return kept;
}

function mayAskUsual({ fault }: ModelEnd, asked: readonly Server[], usual: readonly Server[]): boolean {
  if (fault === undefined) return false;
  if (fault.code === 'no-vision' || fault.code === 'model-missing') return true;
  if (isRequestFault(fault.code) || fault.code === 'first-token-timeout') return false;
  return usual.some((server) => !asked.includes(server));
}
