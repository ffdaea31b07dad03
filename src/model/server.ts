import type { Clock } from '../contract/runtime.ts';
import { type Breaker, createBreaker, type Trust } from './breaker.ts';
import type { Discovery } from './discovery.ts';
import { createEndpoint, type Endpoint } from './endpoint.ts';
import { createLoadReader } from './engine-load.ts';
import { createIdentity, type Learned } from './identity.ts';
import {
  createMeasuredConcurrency,
  mostConcurrency,
  type Sent,
  usualConcurrency,
} from './measured-concurrency.ts';
import { createSlots, type Slots } from './slots.ts';
import { createThinkHabits, type ThinkHabits } from './think-habits.ts';
import { createTransport, type Transport } from './transport.ts';
import type { EngineLoad, ModelDescription, ModelFault, ModelFaultCode, ModelHealth } from './types.ts';

/** One configured server. */
export type ServerOptions = {
  readonly baseUrl: string;
  /** Sent to this server only. */
  readonly apiKey?: string;
  /** A model id, or `auto`: the first of GET /v1/models that can chat. */
  readonly model: string;
  /** How many requests may run there at once; unset: measured. */
  readonly maxConcurrency?: number;
};

export type ServerSurroundings = {
  readonly clock: Clock;
  /** A place may have become free, or the wait for one may have changed. */
  readonly onFree: () => void;
  readonly proxy: string | undefined;
  readonly extraHeaders: Readonly<Record<string, string>>;
  readonly version: string;
};

/** Everything known about one server: where it is, who answers there, how it is, and what was learned about it. */
export type Server = {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly auto: boolean;
  readonly slots: Slots;
  readonly habits: ThinkHabits;
  /** Optional body keys it has refused by name. */
  readonly refusedKeys: Set<string>;
  /** Who answers, from the last discovery; with an id that model, undefined where it is not listed. */
  known(model?: string): ModelDescription | undefined;
  /**
   * From cache, otherwise asks. One question at a time, shared by all who wait; never rejects. With an id that model is
   * found, or `model-missing`.
   */
  lookUp(model?: string): Promise<Discovery>;
  /** Asks, whatever is cached. */
  lookUpAgain(): Promise<Discovery>;
  /** Remembered for that model until the server has been down: whoever comes back may have changed. */
  learn(facts: Learned, model: string): void;
  health(): ModelHealth;
  /** A check passed. */
  noteUp(latencyMs: number): void;
  noteDown(fault: ModelFault): void;
  /** A message was answered. */
  noteAnswer(): void;
  /** A message failed here: others are asked first for a while, and the health watch looks at once. */
  noteFailure(fault: ModelFault): void;
  trust(): Trust;
  /** A message is sent here. Call the result when its outcome is known. */
  begin(): () => void;
  /** A request leaves on its place. The result is told how it went, so that the limit of such places can be measured. */
  send(): Sent;
  /** The engine's own figures, unless they are missing or old. */
  engineLoad(): EngineLoad | undefined;
  /** Requests to be done for each place, other clients' included where the engine tells: 1 is a full house. */
  load(): number;
  /** Asks the engine for its load, if it publishes one; never rejects. `afresh` also tries what was missing before. */
  readLoad(afresh: boolean, signal: AbortSignal): Promise<void>;
  /** Resolves at the next failure of a message, or when the signal aborts. */
  failed(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/** Ollama answers one question at a time unless OLLAMA_NUM_PARALLEL says otherwise, and does not tell which. */
const ollamaConcurrency = 1;
/** A load older than this says nothing about now. */
const loadLifetimeMs = 15_000;
/** Faults that leave no doubt; after the others (a stall, a cut stream) the health watch looks for itself. */
const meansDown: ReadonlySet<ModelFaultCode> = new Set<ModelFaultCode>([
  'unreachable',
  'loading',
  'engine-dead',
  'unauthorized',
]);

export function createServer(options: ServerOptions, surroundings: ServerSurroundings): Server {
  const { clock } = surroundings;
  const endpoint = createEndpoint(options.baseUrl);
  const transport = createTransport({
    maxConcurrency: options.maxConcurrency ?? mostConcurrency,
    proxy: surroundings.proxy,
  });
  const headers = headersFor(options, surroundings);
  const secrets = options.apiKey === undefined ? [] : [options.apiKey];
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  const slots = createSlots(options.maxConcurrency ?? usualConcurrency, surroundings.onFree);
  const concurrency = createMeasuredConcurrency(usualConcurrency, resize);
  let measuredFor: ModelDescription | undefined;
  const breaker: Breaker = createBreaker(clock);
  const loadReader = createLoadReader({ endpoint, transport, headers });
  let engineLoad: EngineLoad | undefined;
  let loadReadAt = -Infinity;
  let state: Omit<ModelHealth, 'description'> = { state: 'unknown', since: clock.now() };
  const identity = createIdentity({
    discovery: { endpoint, transport, headers, secrets, model: options.model, clock },
    signal: closing.signal,
    isUp: () => state.state === 'up',
    onFound: measure,
  });

  function resize(): void {
    slots.resize(Math.min(options.maxConcurrency ?? concurrency.limit, measuredFor?.parallel ?? Infinity));
  }

  function measure(found: ModelDescription): void {
    if (measuredFor === undefined || !equallyStrong(found, measuredFor)) {
      measuredFor = found;
      const start = found.engine === 'ollama' ? ollamaConcurrency : usualConcurrency;
      concurrency.restart(found.parallel ?? start, found.parallel);
    }
    resize();
  }

  function freshLoad(): EngineLoad | undefined {
    return clock.now().getTime() - loadReadAt < loadLifetimeMs ? engineLoad : undefined;
  }

  function enter(next: ModelHealth['state'], facts: Pick<ModelHealth, 'fault' | 'latencyMs'>): void {
    if (next === 'down') {
      identity.forgetLearned();
      measuredFor = undefined;
    }
    state = { state: next, since: state.state === next ? state.since : clock.now(), ...facts };
  }

  return {
    endpoint,
    transport,
    headers,
    secrets,
    auto: options.model === 'auto',
    slots,
    habits: createThinkHabits(),
    refusedKeys: new Set(),
    known: identity.known,
    lookUp: identity.lookUp,
    lookUpAgain: identity.lookUpAgain,
    learn: identity.learn,
    health() {
      const offers = identity.offers();
      return {
        ...state,
        description: identity.known() ?? { host: endpoint.host },
        ...(offers === undefined ? {} : { offers }),
      };
    },
    noteUp(latencyMs) {
      breaker.reachable();
      enter('up', { latencyMs });
    },
    noteDown(fault) {
      breaker.failed(true);
      enter('down', { fault });
    },
    noteAnswer() {
      breaker.succeeded();
      enter('up', state.latencyMs === undefined ? {} : { latencyMs: state.latencyMs });
    },
    noteFailure(fault) {
      breaker.failed(meansDown.has(fault.code));
      if (meansDown.has(fault.code)) enter('down', { fault });
      for (const listener of listeners) listener();
    },
    trust: () => breaker.trust(),
    begin: () => breaker.begin(),
    send: () => concurrency.sent(slots.running),
    engineLoad: freshLoad,
    load() {
      const { running = 0, waiting = 0 } = freshLoad() ?? {};
      return (Math.max(slots.running, running) + waiting) / slots.size;
    },
    async readLoad(afresh, signal) {
      const known = identity.known();
      if (known === undefined) return;
      if (afresh) loadReader.forget();
      try {
        engineLoad = await loadReader.read(known.engine, signal);
        loadReadAt = clock.now().getTime();
      } catch {
        // Whether the server lives is for the health check to say; its load is simply unknown now.
        engineLoad = undefined;
      }
      concurrency.engineSays(engineLoad, slots.running);
      surroundings.onFree();
    },
    failed: (signal) => nextCall(listeners, signal),
    async close() {
      closing.abort();
      await transport.close();
    },
  };
}

/** What was measured for the one holds for the other. Facts that were not told this time have not changed. */
function equallyStrong(one: ModelDescription, other: ModelDescription): boolean {
  const sameParallel = one.parallel === undefined || one.parallel === other.parallel;
  return one.engine === other.engine && one.model === other.model && sameParallel;
}

function headersFor(
  { apiKey }: ServerOptions,
  { extraHeaders, version }: ServerSurroundings,
): Readonly<Record<string, string>> {
  const extra = Object.entries(extraHeaders).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'user-agent': `qwen-chat-bridge/${version}`,
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...Object.fromEntries(extra),
  };
}

function nextCall(listeners: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      listeners.delete(done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    if (signal.aborted) return resolve();
    listeners.add(done);
    signal.addEventListener('abort', done);
  });
}
