import type { Json } from '../contract/ids.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { createAffinity } from './affinity.ts';
import { createAnswerPace } from './answer-pace.ts';
import { askChosen, serversFor, type Pools } from './ask-chosen.ts';
import { expectedWaitMs, type Workplace } from './expected-wait.ts';
import { createLine } from './line.ts';
import { watchHealth } from './health-watch.ts';
import { eventsOf } from './reader.ts';
import { createServer, type Server, type ServerOptions } from './server.ts';
import type { Model, ServerLoad } from './types.ts';
import { unlessAborted } from './within.ts';

export type ModelOptions = {
  /** At least one. The least loaded is asked, among equals the first; those that failed lately last. */
  readonly servers: readonly ServerOptions[];
  /** Where messages with pictures go; unset means the same servers. */
  readonly visionServer?: ServerOptions;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Merged into each request last; cannot change `messages` and `stream`. */
  readonly extraBody?: { readonly [key: string]: Json };
  /** `http://…` proxy for the model servers. None by default. */
  readonly proxy?: string;
  /** 60000 in production: from the moment a request may leave to its first token. */
  readonly firstTokenTimeoutMs: number;
  /** 30000 in production: the longest silence in mid-answer. */
  readonly idleTimeoutMs: number;
  /** Requests that run at once on a server that has no number of its own; further ones wait their turn. Unset: measured. */
  readonly maxConcurrency?: number | undefined;
  /** 60000 in production: how often the model list is refreshed. */
  readonly healthIntervalMs: number;
  readonly clock: Clock;
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
  readonly log: Logger;
  /** The service's version, for `User-Agent`. */
  readonly version: string;
};

/** The model side as one thing: several servers, one stream of events for each question. */
export function createModel(options: ModelOptions): Model {
  const pace = createAnswerPace();
  const line = createLine<Server>({
    expectedMs: (ahead, servers) => expectedWaitMs(ahead, servers.map(workplace), pace),
    now: () => options.clock.now(),
  });
  const affinity = createAffinity();
  const surroundings = { ...options, extraBody: options.extraBody ?? {}, line, affinity, pace };
  const create = (server: ServerOptions): Server =>
    createServer(withLimit(server, options.maxConcurrency), {
      ...options,
      proxy: options.proxy,
      extraHeaders: options.extraHeaders ?? {},
      onFree: () => line.serve(),
    });
  const textServers = options.servers.map(create);
  const visionServers = options.visionServer === undefined ? textServers : [create(options.visionServer)];
  const pools: Pools = { text: textServers, vision: visionServers };
  const servers = [...new Set([...textServers, ...visionServers])];
  const stopping = new AbortController();
  let watches: Promise<void>[] = [];

  return {
    ask: (request, signal) =>
      eventsOf(
        (reader) => askChosen(pools, request, surroundings, reader),
        AbortSignal.any([signal, stopping.signal]),
      ),
    async describe({ vision, model }, signal) {
      const [able] = model === undefined ? [] : byDoubt(await serversFor(model, vision, pools, signal));
      if (able !== undefined) return able.known(model);
      const servers = vision ? visionServers : textServers;
      const seeing = vision ? servers.filter((server) => server.known()?.vision !== 'no') : servers;
      const candidates = seeing.length > 0 ? seeing : servers;
      const known = byDoubt(candidates)
        .find((server) => server.known() !== undefined)
        ?.known();
      return known ?? askAround(byDoubt(candidates), signal);
    },
    health: () =>
      servers.map((server) => ({ ...server.health(), load: loadOf(server, line.waitingFor(server)) })),
    start() {
      if (watches.length > 0 || stopping.signal.aborted) return;
      watches = servers.map((server) => watchHealth({ ...options, server }, stopping.signal));
    },
    async stop() {
      stopping.abort();
      await Promise.all([...watches, ...servers.map((server) => server.close())]);
    },
  };
}

function withLimit(server: ServerOptions, maxConcurrency: number | undefined): ServerOptions {
  return maxConcurrency === undefined ? server : { maxConcurrency, ...server };
}

function workplace(server: Server): Workplace {
  return { places: server.slots.size, engine: server.engineLoad() };
}

function loadOf(server: Server, waiting: number): ServerLoad {
  const engine = server.engineLoad();
  const { running, size: concurrency } = server.slots;
  return { running, waiting, concurrency, ...(engine === undefined ? {} : { engine }) };
}

function byDoubt(servers: readonly Server[]): Server[] {
  const doubt = (server: Server): number => (server.trust() === 'well' ? 0 : 1);
  return servers.toSorted((one, other) => doubt(one) - doubt(other));
}

async function askAround(servers: readonly Server[], signal: AbortSignal): ReturnType<Model['describe']> {
  for (const server of servers) {
    const discovery = await unlessAborted(server.lookUp(), signal);
    if (discovery === undefined) return undefined;
    if ('found' in discovery) return discovery.found;
  }
  return undefined;
}
