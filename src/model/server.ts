import type { Clock } from '../contract/runtime.ts';
import { discover, type Discovery } from './discovery.ts';
import { createEndpoint, type Endpoint } from './endpoint.ts';
import { createSlots, type Slots } from './slots.ts';
import { createThinkHabits, type ThinkHabits } from './think-habits.ts';
import { createTransport, type Transport } from './transport.ts';
import type { ModelDescription, ModelFault, ModelFaultCode, ModelHealth } from './types.ts';
import { within } from './within.ts';

/** One configured server. */
export type ServerOptions = {
  readonly baseUrl: string;
  /** Sent to this server only. */
  readonly apiKey?: string;
  /** A model id, or `auto`: the first of GET /v1/models that can chat. */
  readonly model: string;
};

export type ServerSurroundings = {
  readonly clock: Clock;
  readonly maxConcurrency: number;
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
  /** Who answers, from the last discovery. */
  known(): ModelDescription | undefined;
  /** From cache, otherwise asks. One question at a time, shared by all who wait; never rejects. */
  lookUp(): Promise<Discovery>;
  /** Asks, whatever is cached. */
  lookUpAgain(): Promise<Discovery>;
  learn(facts: Partial<Pick<ModelDescription, 'vision' | 'contextTokens'>>): void;
  health(): ModelHealth;
  noteUp(latencyMs?: number): void;
  noteDown(fault: ModelFault): void;
  /** A message failed here: others are asked first for a while, and the health watch looks at once. */
  noteFailure(fault: ModelFault): void;
  /** Down, or failed within the last half minute. */
  doubtful(): boolean;
  /** Resolves at the next failure of a message, or when the signal aborts. */
  failed(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/** The list comes at once or something is wrong: SGLang's slowest check takes a second. */
const lookUpTimeoutMs = 5_000;
const doubtMs = 30_000;
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
  const transport = createTransport(surroundings);
  const headers = headersFor(options, surroundings);
  const secrets = options.apiKey === undefined ? [] : [options.apiKey];
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  let description: ModelDescription | undefined;
  let asking: Promise<Discovery> | undefined;
  let failedAt = -Infinity;
  let state: Omit<ModelHealth, 'description'> = { state: 'unknown', since: clock.now() };

  async function ask(): Promise<Discovery> {
    const facts = { endpoint, transport, headers, secrets, model: options.model, clock };
    const discovery = await within(clock, lookUpTimeoutMs, closing.signal, (signal) =>
      discover(facts, signal),
    );
    if ('failure' in discovery) return discovery;
    const { found } = discovery;
    const same = description?.model === found.model ? description : undefined;
    description = {
      ...found,
      contextTokens: found.contextTokens ?? same?.contextTokens,
      vision: found.vision === 'unknown' ? (same?.vision ?? 'unknown') : found.vision,
    };
    return { found: description };
  }

  function lookUpAgain(): Promise<Discovery> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  function enter(next: ModelHealth['state'], facts: Pick<ModelHealth, 'fault' | 'latencyMs'>): void {
    state = { state: next, since: state.state === next ? state.since : clock.now(), ...facts };
  }

  return {
    endpoint,
    transport,
    headers,
    secrets,
    auto: options.model === 'auto',
    slots: createSlots(surroundings.maxConcurrency),
    habits: createThinkHabits(),
    refusedKeys: new Set(),
    known: () => description,
    lookUp: async () => (description === undefined ? lookUpAgain() : { found: description }),
    lookUpAgain,
    learn(facts) {
      if (description !== undefined) description = { ...description, ...facts };
    },
    health: () => ({ ...state, description: description ?? { host: endpoint.host } }),
    noteUp(latencyMs) {
      failedAt = -Infinity;
      const latest = latencyMs ?? state.latencyMs;
      enter('up', latest === undefined ? {} : { latencyMs: latest });
    },
    noteDown: (fault) => enter('down', { fault }),
    noteFailure(fault) {
      failedAt = clock.now().getTime();
      if (meansDown.has(fault.code)) enter('down', { fault });
      for (const listener of listeners) listener();
    },
    doubtful: () => state.state === 'down' || clock.now().getTime() - failedAt < doubtMs,
    failed: (signal) => nextCall(listeners, signal),
    async close() {
      closing.abort();
      await transport.close();
    },
  };
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
