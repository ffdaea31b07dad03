import type { IncomingMessage, ServerResponse } from 'node:http';
import { handleChat, send } from './chat.ts';
import { engineInfo } from './engine-info.ts';
import { errorBody, gatewayPage } from './errors.ts';
import { renderMetrics } from './metrics.ts';
import type { SimulatorState } from './state.ts';
import { preciseNow } from './ticker.ts';
import { splitIntoTokens } from './tokens.ts';
import type { RecordedRequest } from './types.ts';

const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain' };

/** One request from its first byte to its answer. */
export async function handleRequest(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const raw = await readBody(request);
  const record = remember(state, request, raw);
  const { profile } = state;
  if (profile.serverHeader !== undefined) response.setHeader('server', profile.serverHeader);
  if (raw.length > profile.maxBodyBytes) {
    send(record, response, 413, gatewayPage(413, 'Request Entity Too Large'), {
      'content-type': 'text/html',
    });
    return;
  }
  if (state.loading) {
    const refusal = { status: 503, message: 'Loading model', kind: 'unavailable_error' };
    send(record, response, 503, errorBody(profile, refusal), json);
    return;
  }
  if (state.apiKey !== undefined && !profile.open.test(record.path) && !keyMatches(request, state.apiKey)) {
    send(record, response, 401, profile.unauthorized, json);
    return;
  }
  if (record.path === '/v1/chat/completions' && request.method === 'POST') {
    if (!(request.headers['content-type'] ?? '').startsWith('application/json')) {
      const refusal = {
        status: 400,
        message: "Unsupported Media Type: Only 'application/json' is allowed",
        kind: 'Bad Request',
      };
      send(record, response, 400, errorBody(profile, refusal), json);
      return;
    }
    await handleChat(state, record, response);
    return;
  }
  const answered = answerOther(state, record, request.method ?? 'GET');
  send(record, response, answered.status, answered.body, answered.headers);
}

type Simple = {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

function answerOther(state: SimulatorState, record: RecordedRequest, method: string): Simple {
  const { profile, rules } = state;
  const { path } = record;
  if (path === '/v1/models') return { status: 200, body: JSON.stringify(modelList(state)), headers: json };
  if (path === '/health' || (path === '/v1/health' && profile.name === 'llamacpp')) return health(state);
  if (path === '/' && profile.name === 'ollama')
    return { status: 200, body: 'Ollama is running', headers: text };
  const info = engineInfo(state, record, method);
  if (info !== undefined) return info;
  if (path === '/metrics' && profile.metrics !== undefined) return metrics(state);
  if (path === '/v1/embeddings' && method === 'POST' && state.embeddings) return embeddings(record);
  if (path === profile.tokenizePath && method === 'POST') return tokenize(record, rules.maxModelLen);
  if (profile.name === 'llamacpp') {
    return {
      status: 404,
      body: errorBody(profile, { status: 404, message: 'File Not Found', kind: 'not_found_error' }),
      headers: json,
    };
  }
  if (profile.name === 'ollama') return { status: 404, body: '404 page not found', headers: text };
  const wrongMethod = path === '/v1/chat/completions';
  return {
    status: wrongMethod ? 405 : 404,
    body: JSON.stringify({ detail: wrongMethod ? 'Method Not Allowed' : 'Not Found' }),
    headers: json,
  };
}

function health({ profile }: SimulatorState): Simple {
  switch (profile.health) {
    case 'empty':
      return { status: 200, body: '', headers: {} };
    case 'status-ok':
      return { status: 200, body: '{"status":"ok"}', headers: json };
    case 'status-message':
      return { status: 200, body: '{"status":"healthy","message":"ok"}', headers: json };
    case 'none':
      return { status: 404, body: '404 page not found', headers: text };
  }
}

function metrics({ profile, rules, figures, others, places, metrics: on }: SimulatorState): Simple {
  if (on && profile.metrics !== undefined) {
    return {
      status: 200,
      body: renderMetrics(profile.metrics, rules.models[0] ?? '', figures, {
        ...others,
        waiting: others.waiting + places.waiting,
      }),
      headers: text,
    };
  }
  if (profile.name !== 'llamacpp') return { status: 404, body: '{"detail":"Not Found"}', headers: json };
  const refusal = {
    status: 501,
    message: 'This server does not support metrics endpoint. Start it with `--metrics`',
    kind: 'not_supported_error',
  };
  return { status: 501, body: errorBody(profile, refusal), headers: json };
}

function modelList({ profile, rules, ownedBy }: SimulatorState): unknown {
  const created = Math.floor(Date.now() / 1000);
  const cards = rules.models.map((id) => ({
    id,
    object: 'model',
    created,
    owned_by: ownedBy,
    ...(profile.contextField === 'max_model_len'
      ? { root: id, parent: null, max_model_len: rules.maxModelLen }
      : {}),
    ...(profile.contextField === 'meta' ? { meta: { n_ctx: rules.maxModelLen, n_ctx_train: 262_144 } } : {}),
  }));
  if (profile.name !== 'llamacpp') return { object: 'list', data: cards };
  const capabilities = rules.vision ? ['completion', 'multimodal'] : ['completion'];
  return { models: rules.models.map((name) => ({ name, capabilities })), object: 'list', data: cards };
}

/** A vector for models that make them; a model that chats is refused in SGLang's words. */
function embeddings({ body }: RecordedRequest): Simple {
  const model: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'model') : undefined;
  if (typeof model !== 'string' || !/embed/i.test(model)) {
    const message =
      'This model does not appear to be an embedding model by default. Please add `--is-embedding` when launching the server.';
    return { status: 400, body: JSON.stringify({ object: 'error', message, code: 400 }), headers: json };
  }
  const data = [{ object: 'embedding', index: 0, embedding: Array.from({ length: 1_024 }, () => 0.03125) }];
  const usage = { prompt_tokens: 1, total_tokens: 1 };
  return { status: 200, body: JSON.stringify({ object: 'list', data, model, usage }), headers: json };
}

function tokenize({ body }: RecordedRequest, maxModelLen: number): Simple {
  const field = (name: string): unknown =>
    typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  const content = field('prompt') ?? field('content');
  const tokens = splitIntoTokens(
    typeof content === 'string' ? content : JSON.stringify(field('messages') ?? ''),
  ).map((_, index) => index);
  return {
    status: 200,
    body: JSON.stringify({ count: tokens.length, max_model_len: maxModelLen, tokens }),
    headers: json,
  };
}

function remember(state: SimulatorState, request: IncomingMessage, raw: string): RecordedRequest {
  const record: RecordedRequest = {
    at: preciseNow(),
    method: request.method ?? 'GET',
    path: new URL(request.url ?? '/', 'http://simulator').pathname,
    headers: request.headers,
    body: parseJson(raw),
    tokenTimes: [],
    outcome: 'open',
  };
  state.requests.push(record);
  if (state.requests.length > state.memory) state.requests.shift();
  return record;
}

function keyMatches({ headers }: IncomingMessage, apiKey: string): boolean {
  const [scheme, key] = (headers.authorization ?? '').split(' ');
  return (scheme?.toLowerCase() === 'bearer' && key === apiKey) || headers['x-api-key'] === apiKey;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function parseJson(raw: string): unknown {
  try {
    return raw === '' ? undefined : JSON.parse(raw);
  } catch {
    return undefined;
  }
}
