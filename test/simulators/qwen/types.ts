/** Which engine's wire shapes the simulator speaks. `vllm` is the current one, `vllm-old` that of 2024/25 (flat errors). */
export type ProfileName =
  'vllm' | 'vllm-old' | 'sglang' | 'llamacpp' | 'ollama' | 'lmdeploy' | 'flask-seed' | 'nginx-front';

/** A picture as the simulator decoded it from the request: stored size, before any EXIF rotation. */
export type SeenImage = {
  readonly mime: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: Buffer;
  /** EXIF orientation still in the file; undefined when there is none. */
  readonly orientation: number | undefined;
};

export type SeenMessage = {
  readonly role: string;
  readonly text: string;
  readonly images: readonly SeenImage[];
  /** `image` and `text` in the order in which the parts stood. */
  readonly order: readonly ('text' | 'image')[];
};

/** A chat request after validation: what the stand-in model gets to read. */
export type ChatQuestion = {
  readonly model: string;
  readonly messages: readonly SeenMessage[];
  readonly maxTokens: number;
  readonly thinking: boolean | undefined;
  readonly promptTokens: number;
};

/** What the stand-in model says. `finishReason` is worked out from `maxTokens` when it is not given. */
export type Answer = {
  readonly text: string;
  readonly reasoning?: string;
  readonly finishReason?: string;
  /** Before the first token, on top of the configured first-token delay. */
  readonly delayMs?: number;
};

export type AnswerFunction = (question: ChatQuestion) => Answer | Promise<Answer>;

/** How fast tokens leave. `jitter` 0..1 spreads the gaps, by the simulator's seed. */
export type Speed = {
  readonly firstTokenDelayMs: number;
  readonly tokensPerSecond: number;
  readonly jitter: number;
};

/** Where thinking goes on the wire. `close-only`: the template opened the tag in the prompt. */
export type ReasoningWire = 'reasoning' | 'reasoning_content' | 'both' | 'inline' | 'close-only';

/** Deviations in how the bytes are laid out; all of them occur in the field. */
export type WireStyle = {
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly blankAfterData: boolean;
  readonly bom: boolean;
  /** A comment line before every so many events; 0 for none. */
  readonly commentEvery: number;
  /** How the bytes are cut into writes; `mid-character` cuts inside every multi-byte character. */
  readonly cut: 'events' | 'bytes' | 'mid-character';
  /** What stands for "no text" in role, reasoning and finish chunks. */
  readonly noContent: 'profile' | 'null' | 'empty' | 'absent';
  readonly done: boolean;
  readonly lastBlankLine: boolean;
  /** A usage of zeros in every chunk, as one gateway sends it. */
  readonly zeroUsage: boolean;
};

export type Fault =
  /** A plain HTTP answer instead of the stream. */
  | {
      readonly type: 'http';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly type: 'reset-before-headers' }
  | { readonly type: 'stall-before-headers' }
  | { readonly type: 'stall-before-first-token' }
  | { readonly type: 'html-stream' }
  | { readonly type: 'only-done' }
  /** `afterTokens: 0` makes the error the very first event. `form` says how the engine writes it. */
  | {
      readonly type: 'error-event';
      readonly afterTokens: number;
      readonly done: boolean;
      readonly form?: 'object' | 'string' | 'error-line' | 'empty-chunk';
      readonly message?: string;
      readonly code?: number;
    }
  | { readonly type: 'end-early'; readonly afterTokens: number }
  | { readonly type: 'reset'; readonly afterTokens: number }
  | { readonly type: 'stall'; readonly afterTokens: number }
  /** Something the client must step over; the stream then goes on. */
  | { readonly type: 'noise'; readonly afterTokens: number; readonly line: string }
  | { readonly type: 'huge-line'; readonly afterTokens: number; readonly bytes: number }
  /** Says `text` again and again until the client leaves. */
  | { readonly type: 'endless'; readonly text: string }
  /** The engine's last words, then the port is closed. */
  | { readonly type: 'engine-death'; readonly afterTokens: number };

/** How a prompt beyond the context is refused; vLLM's words changed with its versions. */
export type ContextWording = 'v0.9' | 'v0.11' | 'early-2026' | 'v0.25';

export type RecordedRequest = {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON body, undefined when there was none. */
  readonly body: unknown;
  /** Set for chat requests that passed validation. */
  question?: ChatQuestion;
  status?: number;
  /** When each token was handed to the socket, in milliseconds since the epoch, with fractions. */
  readonly tokenTimes: number[];
  /** `open` until the answer ended; `aborted` when the client left first. */
  outcome: 'open' | 'finished' | 'aborted' | 'faulted';
};

export type QwenSimulatorOptions = {
  readonly profile?: ProfileName;
  readonly models?: readonly string[];
  readonly maxModelLen?: number;
  readonly apiKey?: string;
  /** False: a text-only model, which refuses pictures. Default true. */
  readonly vision?: boolean;
  /** False: the model has no thinking to switch. Default true. Ollama tells so and refuses the switch. */
  readonly thinks?: boolean;
  /** `owned_by` of the model list, where it is not the engine's own word. */
  readonly ownedBy?: string;
  /** llama.cpp's slots, default 4; what SGLang says it runs at once, by default nothing. */
  readonly parallel?: number;
  /** Answers made at once; further requests wait inside the engine. Default unlimited. */
  readonly capacity?: number;
  /** Whether GET /metrics is switched on. Default as the engine has it. */
  readonly metrics?: boolean;
  /** False: POST /v1/embeddings is not served, as by an engine that was started to generate. Default true. */
  readonly embeddings?: boolean;
  /** Most pictures in one request. Default unlimited. */
  readonly imageLimit?: number;
  readonly reasoning?: ReasoningWire;
  readonly contextWording?: ContextWording;
  /** Top-level body keys a strict gateway refuses by name. */
  readonly refusedKeys?: readonly string[];
  readonly speed?: Partial<Speed>;
  readonly wire?: Partial<WireStyle>;
  readonly answer?: AnswerFunction;
  readonly seed?: number;
  /** 0 takes any free port. */
  readonly port?: number;
  /** How long an idle socket stays open; uvicorn's 5000 by default. */
  readonly keepAliveMs?: number;
  /** How many requests are remembered; the oldest are forgotten. Default 5000. */
  readonly memory?: number;
};

export type QwenSimulator = {
  /** With `/v1`. */
  readonly baseUrl: string;
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Chat requests only. */
  readonly chats: readonly RecordedRequest[];
  /** How often a client left before its answer was over. */
  readonly aborts: number;
  readonly openStreams: number;
  readonly connections: number;
  /** Applies to every chat until it is set again. */
  setFault(fault: Fault | undefined): void;
  /** One fault for each of the next chats, before the lasting one applies; undefined lets that chat pass. */
  failNext(...faults: readonly (Fault | undefined)[]): void;
  setAnswer(answer: AnswerFunction | undefined): void;
  setModels(models: readonly string[]): void;
  /** Requests of other clients, as the engine's figures show them. */
  setOthers(load: { readonly running: number; readonly waiting: number }): void;
  /** Answers made at once from now on. */
  setCapacity(capacity: number): void;
  setSpeed(speed: Partial<Speed>): void;
  setWire(wire: Partial<WireStyle>): void;
  /** `refuse` closes the port, `loading` answers 503 everywhere. */
  goDown(how?: 'refuse' | 'loading'): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
};
