import type { ServerResponse } from 'node:http';
import { plainWire } from './frames.ts';
import { createPlaces, type Places } from './places.ts';
import type { EngineFigures } from './metrics.ts';
import { type Profile, profiles } from './profiles.ts';
import { createRandom, createTicker, type Ticker } from './ticker.ts';
import type {
  AnswerFunction,
  Fault,
  QwenSimulatorOptions,
  ReasoningWire,
  RecordedRequest,
  Speed,
  WireStyle,
} from './types.ts';
import type { Rules } from './validate.ts';
import { standInAnswer } from './answer.ts';

/** Everything the routes share; the simulator's methods change it between requests. */
export type SimulatorState = {
  readonly profile: Profile;
  rules: Rules;
  readonly apiKey: string | undefined;
  readonly reasoning: ReasoningWire;
  readonly ticker: Ticker;
  readonly random: () => number;
  readonly requests: RecordedRequest[];
  readonly memory: number;
  readonly figures: EngineFigures;
  /** Requests of other clients. */
  readonly others: { running: number; waiting: number };
  readonly ownedBy: string;
  readonly parallel: number;
  /** What SGLang says it runs at once. */
  readonly toldParallel: number | undefined;
  readonly places: Places;
  readonly metrics: boolean;
  readonly embeddings: boolean;
  speed: Speed;
  wire: WireStyle;
  answer: AnswerFunction;
  fault: Fault | undefined;
  readonly nextFaults: (Fault | undefined)[];
  aborts: number;
  readonly streams: Set<ServerResponse>;
  loading: boolean;
  /** The port is being closed: sockets that end now were not left by the client. */
  closing: boolean;
  /** Closes the port, as a process that died. */
  onEngineDeath: () => void;
};

export const defaultSpeed: Speed = { firstTokenDelayMs: 0, tokensPerSecond: 20_000, jitter: 0 };

export function createState(options: QwenSimulatorOptions): SimulatorState {
  const profile = profiles[options.profile ?? 'vllm'];
  return {
    profile,
    rules: {
      profile,
      models: options.models ?? ['Qwen/Qwen3-VL-8B-Instruct'],
      maxModelLen: options.maxModelLen ?? 32_768,
      vision: options.vision ?? true,
      thinks: options.thinks ?? true,
      imageLimit: options.imageLimit ?? Infinity,
      contextWording: options.contextWording ?? 'v0.25',
      refusedKeys: options.refusedKeys ?? [],
    },
    apiKey: options.apiKey,
    reasoning: options.reasoning ?? profile.reasoning,
    ticker: createTicker(),
    random: createRandom(options.seed ?? 1),
    requests: [],
    memory: options.memory ?? 5_000,
    figures: { running: 0, promptTokens: 0, generationTokens: 0, finished: new Map() },
    others: { running: 0, waiting: 0 },
    ownedBy: options.ownedBy ?? profile.ownedBy,
    parallel: options.parallel ?? 4,
    toldParallel: options.parallel,
    places: createPlaces(options.capacity ?? Infinity),
    metrics: options.metrics ?? profile.metricsByDefault,
    embeddings: options.embeddings ?? true,
    speed: { ...defaultSpeed, ...options.speed },
    wire: { ...plainWire, ...options.wire },
    answer: options.answer ?? standInAnswer,
    fault: undefined,
    nextFaults: [],
    aborts: 0,
    streams: new Set(),
    loading: false,
    closing: false,
    onEngineDeath: () => undefined,
  };
}
