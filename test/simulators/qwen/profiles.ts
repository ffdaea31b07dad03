import type { ProfileName, ReasoningWire } from './types.ts';

export type MetricNames = {
  readonly prefix: string;
  readonly running: string;
  readonly waiting: string;
  readonly cacheUse: string | undefined;
};

/** What differs between engines on the wire, as data. Sources: the engines' own code, see the reference of each field. */
export type Profile = {
  readonly name: ProfileName;
  readonly ownedBy: string;
  readonly serverHeader: string | undefined;
  /** Where /v1/models tells the context length. */
  readonly contextField: 'max_model_len' | 'meta' | 'none';
  readonly health: 'empty' | 'status-ok' | 'status-message' | 'none';
  /** Names of the gauges; undefined: this engine has no /metrics. */
  readonly metrics: MetricNames | undefined;
  readonly metricsByDefault: boolean;
  readonly tokenizePath: string | undefined;
  readonly errors: 'nested' | 'nested-short' | 'flat';
  readonly unauthorized: string;
  /** Paths that answer without a key. */
  readonly open: RegExp;
  readonly reasoning: ReasoningWire;
  readonly checksModel: boolean;
  readonly doneAfterError: boolean;
  /** `delta` of the first chunk. */
  readonly roleDelta: string | undefined;
  /** Keys around `delta` in each choice. */
  readonly choiceExtras: string;
  /** All keys present, as pydantic's plain dump writes them. */
  readonly nullDeltaKeys: readonly string[];
  readonly finishWithLastToken: boolean;
  readonly asciiEscapes: boolean;
  readonly noVisionStatus: number;
  /** The status line leaves with the first token only. */
  readonly lateHeaders: boolean;
  /** Larger requests get 413 and a page. */
  readonly maxBodyBytes: number;
  /** False: the server ignores `stream` and answers with one JSON body. */
  readonly streams: boolean;
};

const vllm: Profile = {
  name: 'vllm',
  ownedBy: 'vllm',
  serverHeader: 'uvicorn',
  contextField: 'max_model_len',
  health: 'empty',
  metrics: {
    prefix: 'vllm:',
    running: 'num_requests_running',
    waiting: 'num_requests_waiting',
    cacheUse: 'kv_cache_usage_perc',
  },
  metricsByDefault: true,
  tokenizePath: '/tokenize',
  errors: 'nested',
  unauthorized: '{"error":"Unauthorized"}',
  open: /^\/(?!v1\/|v2\/|inference)/,
  reasoning: 'reasoning',
  checksModel: true,
  doneAfterError: true,
  roleDelta: '{"role":"assistant","content":""}',
  choiceExtras: '"logprobs":null,"token_ids":null,',
  nullDeltaKeys: [],
  finishWithLastToken: true,
  asciiEscapes: false,
  noVisionStatus: 400,
  lateHeaders: false,
  maxBodyBytes: Infinity,
  streams: true,
};

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  vllm,
  'vllm-old': {
    ...vllm,
    name: 'vllm-old',
    errors: 'flat',
    reasoning: 'reasoning_content',
    choiceExtras: '"logprobs":null,',
  },
  sglang: {
    ...vllm,
    name: 'sglang',
    ownedBy: 'sglang',
    metrics: {
      prefix: 'sglang:',
      running: 'num_running_reqs',
      waiting: 'num_queue_reqs',
      cacheUse: 'token_usage',
    },
    metricsByDefault: false,
    errors: 'flat',
    open: /^\/(health|health_generate|ready|metrics)/,
    reasoning: 'reasoning_content',
    lateHeaders: true,
    checksModel: false,
    choiceExtras: '"logprobs":null,"matched_stop":null,',
    nullDeltaKeys: ['role', 'content', 'reasoning_content', 'tool_calls'],
    finishWithLastToken: false,
  },
  llamacpp: {
    ...vllm,
    name: 'llamacpp',
    ownedBy: 'llamacpp',
    serverHeader: 'llama.cpp',
    contextField: 'meta',
    health: 'status-ok',
    metrics: {
      prefix: 'llamacpp:',
      running: 'requests_processing',
      waiting: 'requests_deferred',
      cacheUse: undefined,
    },
    metricsByDefault: false,
    errors: 'nested-short',
    unauthorized: '{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}',
    open: /^\/(health|v1\/health|models|v1\/models|)$/,
    reasoning: 'reasoning_content',
    lateHeaders: true,
    checksModel: false,
    doneAfterError: false,
    roleDelta: '{"role":"assistant","content":null}',
    choiceExtras: '',
    finishWithLastToken: false,
    noVisionStatus: 500,
  },
  ollama: {
    ...vllm,
    name: 'ollama',
    ownedBy: 'library',
    serverHeader: undefined,
    contextField: 'none',
    health: 'none',
    metrics: undefined,
    tokenizePath: undefined,
    unauthorized: '',
    open: /^/,
    doneAfterError: false,
    roleDelta: undefined,
    choiceExtras: '',
    finishWithLastToken: false,
  },
  lmdeploy: {
    ...vllm,
    name: 'lmdeploy',
    ownedBy: 'lmdeploy',
    contextField: 'none',
    health: 'status-message',
    metrics: {
      prefix: 'lmdeploy:',
      running: 'num_requests_running',
      waiting: 'num_requests_waiting',
      cacheUse: 'gpu_cache_usage_perc',
    },
    metricsByDefault: false,
    tokenizePath: undefined,
    errors: 'flat',
    unauthorized:
      '{"object":"error","message":"Unauthorized.","type":"authentication_error","code":401,"param":null}',
    open: /^\/(health|docs|redoc|nodes)/,
    reasoning: 'reasoning_content',
    roleDelta: undefined,
    choiceExtras: '"logprobs":null,',
    asciiEscapes: true,
  },
  'flask-seed': {
    ...vllm,
    name: 'flask-seed',
    ownedBy: 'alibaba',
    serverHeader: 'Werkzeug/3.0.1 Python/3.10.12',
    contextField: 'none',
    health: 'none',
    metrics: undefined,
    tokenizePath: undefined,
    errors: 'nested-short',
    reasoning: 'inline',
    checksModel: false,
    streams: false,
  },
  'nginx-front': { ...vllm, name: 'nginx-front', serverHeader: 'nginx/1.24.0', maxBodyBytes: 1_048_576 },
};
