import type { Clock } from '../contract/runtime.ts';
import type { Endpoint } from './endpoint.ts';
import { isRecord } from './error-words.ts';
import { failureFromRefusal } from './errors.ts';
import type { Failure } from './failure.ts';
import { failureFromThrown } from './network-failure.ts';
import { readRetryAfter, readText } from './response-text.ts';
import type { Transport } from './transport.ts';
import type { ModelDescription } from './types.ts';

export type DiscoveryOptions = {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** A model id, or `auto` for the first that can chat. */
  readonly model: string;
  readonly clock: Clock;
};

export type Discovery = { readonly found: ModelDescription } | { readonly failure: Failure };

/** A list of models is small; more than this is not one. */
const maxListBytes = 1_048_576;
/** Names of models that are served beside the chat model and cannot chat. */
const notForChat = /embed|rerank|\bbge\b|bge-|whisper|\basr\b|-asr|\btts\b|-tts|reward|classif/i;

/** Asks GET /v1/models who answers here: model id, engine, usable context length. Never rejects. */
export async function discover(options: DiscoveryOptions, signal: AbortSignal): Promise<Discovery> {
  try {
    const { status, body, server, retryAfterMs } = await get(options, options.endpoint.modelsUrl, signal);
    if (status === 200) return await readList(options, body, server, signal);
    // A gateway may hide the list; with a configured id that is no reason not to ask.
    if (options.model !== 'auto' && [404, 405, 501].includes(status))
      return { found: describe(options, undefined, server) };
    const sent = { maxTokens: 0, promptEstimate: 0, optionalKeys: [], secrets: options.secrets };
    return { failure: failureFromRefusal({ status, body, retryAfterMs }, sent) };
  } catch (error) {
    return { failure: failureFromThrown(error) };
  }
}

type Got = {
  readonly status: number;
  readonly body: string;
  readonly server: string;
  readonly retryAfterMs: number | undefined;
};

async function get(
  { transport, headers, clock }: DiscoveryOptions,
  url: string,
  signal: AbortSignal,
): Promise<Got> {
  const response = await transport.get(url, headers, signal);
  response.body.on('error', () => undefined);
  const server = response.headers['server'];
  return {
    status: response.statusCode,
    body: await readText(response.body, maxListBytes),
    server: typeof server === 'string' ? server : '',
    retryAfterMs: readRetryAfter(response.headers['retry-after'], clock.now()),
  };
}

async function readList(
  options: DiscoveryOptions,
  body: string,
  server: string,
  signal: AbortSignal,
): Promise<Discovery> {
  const list = parse(body);
  const cards = isRecord(list) && Array.isArray(list['data']) ? list['data'].filter(isRecord) : undefined;
  if (cards === undefined) {
    return {
      failure: { fault: { code: 'not-openai', evidence: 'GET /v1/models is no model list' }, retry: 'no' },
    };
  }
  const named = cards.filter(({ id }) => typeof id === 'string' && id !== '');
  const wanted =
    options.model === 'auto' ? pickChatModel(named) : named.find(({ id }) => id === options.model);
  if (wanted === undefined && options.model === 'auto') {
    const evidence = named.length === 0 ? 'GET /v1/models is empty' : `no chat model among ${named.length}`;
    return { failure: { fault: { code: 'no-models', evidence }, retry: 'no' } };
  }
  const found = describe(options, wanted, server);
  if (found.engine !== 'llamacpp') return { found };
  const multimodal = JSON.stringify(isRecord(list) ? (list['models'] ?? '') : '').includes('"multimodal"');
  return { found: await askProps({ ...found, vision: multimodal ? 'yes' : found.vision }, options, signal) };
}

function pickChatModel(
  cards: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, unknown>> | undefined {
  return cards.find(({ id }) => typeof id === 'string' && !notForChat.test(id));
}

function describe(
  options: DiscoveryOptions,
  card: Readonly<Record<string, unknown>> | undefined,
  server: string,
): ModelDescription {
  const meta = isRecord(card?.['meta']) ? card['meta'] : {};
  // llama.cpp divides its context over slots: `n_ctx` is what one chat may use, `n_ctx_train` is not.
  const contextTokens = positive(card?.['max_model_len']) ?? positive(meta['n_ctx']);
  return {
    host: options.endpoint.host,
    model: typeof card?.['id'] === 'string' ? card['id'] : options.model,
    engine: engineOf(card?.['owned_by'], server),
    contextTokens,
    vision: 'unknown',
  };
}

function engineOf(ownedBy: unknown, server: string): ModelDescription['engine'] {
  if (ownedBy === 'vllm' || ownedBy === 'sglang' || ownedBy === 'llamacpp' || ownedBy === 'lmdeploy')
    return ownedBy;
  if (/llama\.cpp/i.test(server)) return 'llamacpp';
  return ownedBy === 'library' ? 'ollama' : 'openai';
}

/** Older llama.cpp tells its window and whether it sees only in /props; without it the description stays as it is. */
async function askProps(
  found: ModelDescription,
  options: DiscoveryOptions,
  signal: AbortSignal,
): Promise<ModelDescription> {
  if (found.contextTokens !== undefined && found.vision === 'yes') return found;
  try {
    const { status, body } = await get(options, options.endpoint.propsUrl, signal);
    const props = status === 200 ? parse(body) : undefined;
    if (!isRecord(props)) return found;
    const settings = isRecord(props['default_generation_settings'])
      ? props['default_generation_settings']
      : {};
    const modalities = isRecord(props['modalities']) ? props['modalities'] : {};
    const sees = modalities['vision'];
    return {
      ...found,
      contextTokens: found.contextTokens ?? positive(settings['n_ctx']),
      vision: typeof sees === 'boolean' ? (sees ? 'yes' : 'no') : found.vision,
    };
  } catch {
    return found;
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
