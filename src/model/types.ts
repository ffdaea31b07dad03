/** A picture ready for the model: upright, flattened, bounded, without metadata. */
export type ModelImage = {
  readonly mime: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
};

/** One message of the conversation. Pictures stand before the text, as Qwen's own examples have it. */
export type ModelMessage = {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
  readonly images?: readonly ModelImage[];
};

/** How the next token is drawn, under the names the engines read. What is not given is left to our own choice for the model. */
export type Sampling = {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly min_p?: number;
  readonly presence_penalty?: number;
};

export type ModelRequest = {
  readonly messages: readonly ModelMessage[];
  /**
   * The id of a listed model that is to answer. Where no server can answer with it (any more), or it cannot see the
   * pictures, the usual model does; `ModelStart` tells which one it was. Unset: the usual one.
   */
  readonly model?: string;
  /** Goes before our own choice for the model and before the operator's extra body. */
  readonly sampling?: Sampling;
  /** Upper bound of the answer in tokens; unset leaves it to the client, which uses what the context leaves free. */
  readonly maxOutputTokens?: number;
  /** Switches the model's thinking where it can be switched; unset leaves the server's default. */
  readonly thinking?: boolean;
  /** Conversation id for cache affinity between several servers; never sent to the server. */
  readonly affinity?: string;
  /**
   * Who asks, opaque and equal for all questions of one person: those who wait are served person by person. Unset makes
   * the request a person of its own. Never sent to the server.
   */
  readonly asker?: string;
};

/** Token counts as the server reported them. */
export type ModelUsage = { readonly promptTokens: number; readonly completionTokens: number };

/** What is known about the server that answers. `contextTokens` is the usable window, undefined when it does not say. */
export type ModelDescription = {
  readonly host: string;
  readonly model: string;
  readonly engine: 'vllm' | 'sglang' | 'llamacpp' | 'ollama' | 'lmdeploy' | 'openai';
  readonly contextTokens: number | undefined;
  /** `unknown` until a picture was tried. */
  readonly vision: 'yes' | 'no' | 'unknown';
  /** Of the engine, where it tells one. */
  readonly version?: string;
  /** How many answers the engine makes at once, where it tells (llama.cpp, SGLang); beyond that it queues in silence. */
  readonly parallel?: number;
  /** Whether the model can think at all, where the engine tells (Ollama). */
  readonly canThink?: boolean;
};

/**
 * Why no (whole) answer came. Decided once, in `src/model/errors.ts`; the catalogue has a sentence for each.
 *
 * `unreachable` refused, no route, DNS · `loading` 503 while starting · `unauthorized` 401 · `forbidden` 403 (a gateway)
 * · `model-missing` the id is not served · `no-models` the list is empty · `wrong-path` 404 that is no model error ·
 * `no-vision` a text-only model got a picture · `bad-image` · `too-many-images` · `body-too-large` 413 ·
 * `context-overflow` · `overloaded` 503 queue full, 429 · `gateway` 502/504 · `server-error` 500 · `engine-dead` ·
 * `bad-request` other 4xx · `first-token-timeout` · `idle-timeout` · `cut-off` ended without a finish reason ·
 * `not-openai` the answer is not this protocol · `runaway` the answer passed our cap or repeated itself without end ·
 * `content-filter` the server ended the answer by its own filter (finish reason `content_filter`).
 */
export type ModelFaultCode =
  | 'unreachable'
  | 'loading'
  | 'unauthorized'
  | 'forbidden'
  | 'model-missing'
  | 'no-models'
  | 'wrong-path'
  | 'no-vision'
  | 'bad-image'
  | 'too-many-images'
  | 'body-too-large'
  | 'context-overflow'
  | 'overloaded'
  | 'gateway'
  | 'server-error'
  | 'engine-dead'
  | 'bad-request'
  | 'first-token-timeout'
  | 'idle-timeout'
  | 'cut-off'
  | 'not-openai'
  | 'runaway'
  | 'content-filter';

export type ModelFault = {
  readonly code: ModelFaultCode;
  /** For the log and the doctor: status, server's words cut to 200 characters without tags. Never shown to employees. */
  readonly evidence: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
};

/** What happens while an answer is made. Exactly one `end` comes, and it is the last; iterating never throws. */
export type ModelEvent =
  | ModelQueued
  | ModelStart
  | { readonly type: 'reasoning-delta'; readonly text: string }
  | { readonly type: 'text-delta'; readonly text: string }
  /** The shown text was thinking after all (a bare `</think>` came late): forget it, it moves to the reasoning. */
  | { readonly type: 'text-was-reasoning' }
  | ModelEnd;

/** The first of the answer is here. `sentAt`: when the request that is answered left for this server. */
export type ModelStart = {
  readonly type: 'start';
  readonly server: ModelDescription;
  readonly sentAt?: Date;
};

/**
 * The server is fully occupied: so many requests must end before this one is sent. Comes again whenever that or the
 * expectation changes (the number may also rise: other people are let in between one person's requests); 0 says that the
 * wait is over. Does not come at all when there is no wait. `expectedMs` is how long it will take from now until the model
 * begins, by the answers measured so far and the engine's own queue; absent while nothing was measured.
 */
export type ModelQueued = {
  readonly type: 'queued';
  readonly ahead: number;
  readonly expectedMs?: number;
};

/**
 * `stop` whole · `length` cut by the token limit · `tool-calls` the model asked for a tool · `truncated` the stream
 * ended without a finish reason (`fault` says how) · `aborted` by our signal · `failed` nothing usable (`fault`).
 */
export type ModelEnd = {
  readonly type: 'end';
  readonly reason: 'stop' | 'length' | 'tool-calls' | 'truncated' | 'aborted' | 'failed';
  readonly usage?: ModelUsage;
  readonly fault?: ModelFault;
  /** Host of the server that was asked last, with a fault. */
  readonly host?: string;
  /** How often servers were asked beyond the first time, fail-over included; absent for never. */
  readonly retries?: number;
};

/**
 * What an engine itself says about its work, other clients' requests included. Some have one figure for those that run
 * and those that wait: then `waiting` is absent.
 */
export type EngineLoad = { readonly running: number; readonly waiting?: number };

/** One server's work at this moment. */
export type ServerLoad = {
  /** Our own requests that run there. */
  readonly running: number;
  /** Those in our line that it could take; one that two servers could take counts with both. */
  readonly waiting: number;
  /** How many of ours may run there at once: as configured, or as measured by now. */
  readonly concurrency: number;
  /** The engine's own figures, where it publishes them and they are fresh. */
  readonly engine?: EngineLoad;
};

/** One model that a server lists and that can chat. `contextTokens` is undefined where the list does not tell. */
export type ModelOffer = {
  readonly id: string;
  readonly contextTokens: number | undefined;
  readonly vision: ModelDescription['vision'];
};

/** State of one server for `/status` and `/readyz`, refreshed in the background. */
export type ModelHealth = {
  readonly description: ModelDescription | { readonly host: string };
  readonly state: 'unknown' | 'up' | 'down';
  readonly since: Date;
  readonly fault?: ModelFault;
  /** How long the last health call took. */
  readonly latencyMs?: number;
  readonly load?: ServerLoad;
  /** All it listed when it was last asked, its usual model among them; absent while that was never known. */
  readonly offers?: readonly ModelOffer[];
};

export type Model = {
  /** Never throws and never rejects; ends with one `end` event whatever happens. */
  ask(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  /** What will answer such a request; from cache when known, otherwise asks. Undefined while no server can be reached. */
  describe(
    need: { readonly vision: boolean; readonly model?: string },
    signal: AbortSignal,
  ): Promise<ModelDescription | undefined>;
  /** Cached, no I/O. One entry for each configured server. */
  health(): readonly ModelHealth[];
  /** Starts discovery and the health watch in the background. */
  start(): void;
  stop(): Promise<void>;
};
