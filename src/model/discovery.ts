import type { Clock } from '../contract/runtime.ts';
import type { Endpoint } from './endpoint.ts';
import { askEngine, identifyEngine, positive } from './engine-facts.ts';
import { isRecord } from './error-words.ts';
import { failureFromRefusal } from './errors.ts';
import type { Failure } from './failure.ts';
import { failureFromThrown } from './network-failure.ts';
import { readRetryAfter, readText } from './response-text.ts';
import type { Transport } from './transport.ts';
import type { ModelDescription } from './types.ts';
import { within } from './within.ts';

export type DiscoveryOptions = {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** A model id, or `auto` for the first that can chat. */
  readonly model: string;
  readonly clock: Clock;
  /** Who answered here last, while the server has been up since: what was identified then is not asked again. */
  readonly known?: ModelDescription;
};

export type Discovery = { readonly found: ModelDescription } | { readonly failure: Failure };

/** The list comes at once or something is wrong: SGLang's slowest check takes a second. */
const listTimeoutMs = 5_000;
/** A gateway may let unknown paths hang; the facts behind them are not worth a longer wait. */
const factsTimeoutMs = 3_000;
/** A list of models is small; more than this is not one. */
const maxListBytes = 1_048_576;
/** Names of models that are served beside the chat model and cannot chat. */
const notForChat = /embed|rerank|\bbge\b|bge-|whisper|\basr\b|-asr|\btts\b|-tts|reward|classif/i;

/**
 * Asks GET /v1/models who answers here, then the engine itself for what the list does not tell. Never rejects; only a
 * missing list is a failure.
 */
export async function discover(options: DiscoveryOptions, signal: AbortSignal): Promise<Discovery> {
  const { clock } = options;
  const listed = await askForList(options, signal);
  if ('failure' in listed) return listed;
  try {
    return {
      found: await within(clock, factsTimeoutMs, signal, (limited) => enrich(listed.found, options, limited)),
    };
  } catch {
    return listed;
  }
}

async function askForList(options: DiscoveryOptions, signal: AbortSignal): Promise<Discovery> {
  try {
    return await within(options.clock, listTimeoutMs, signal, async (limited) => {
      const { status, body, server, retryAfterMs } = await get(options, options.endpoint.modelsUrl, limited);
      if (status === 200) return readList(options, body, server);
      // A gateway may hide the list; with a configured id that is no reason not to ask.
      if (options.model !== 'auto' && [404, 405, 501].includes(status))
        return { found: describe(options, undefined, undefined, server) };
      const sent = { maxTokens: 0, promptEstimate: 0, optionalKeys: [], secrets: options.secrets };
      return { failure: failureFromRefusal({ status, body, retryAfterMs }, sent) };
    });
  } catch (error) {
    return { failure: failureFromThrown(error) };
  }
}

async function enrich(
  found: ModelDescription,
  options: DiscoveryOptions,
  signal: AbortSignal,
): Promise<ModelDescription> {
  const { known } = options;
  if (found.engine !== 'openai') return askEngine(found, options, signal);
  const same = known !== undefined && known.model === found.model;
  const identified = same ? { ...found, engine: known.engine } : await identifyEngine(found, options, signal);
  return askEngine(identified, options, signal);
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

function readList(options: DiscoveryOptions, body: string, server: string): Discovery {
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
  // The owner of any card names the engine, also when the configured id is not in the list.
  const found = describe(options, wanted, (wanted ?? named[0])?.['owned_by'], server);
  const multimodal = JSON.stringify(isRecord(list) ? (list['models'] ?? '') : '').includes('"multimodal"');
  return { found: found.engine === 'llamacpp' && multimodal ? { ...found, vision: 'yes' } : found };
}

function pickChatModel(
  cards: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, unknown>> | undefined {
  return cards.find(({ id }) => typeof id === 'string' && !notForChat.test(id));
}

function describe(
  options: DiscoveryOptions,
  card: Readonly<Record<string, unknown>> | undefined,
  owner: unknown,
  server: string,
): ModelDescription {
  const meta = isRecord(card?.['meta']) ? card['meta'] : {};
  // llama.cpp divides its context over slots: `n_ctx` is what one chat may use, `n_ctx_train` is not.
  const contextTokens = positive(card?.['max_model_len']) ?? positive(meta['n_ctx']);
  return {
    host: options.endpoint.host,
    model: typeof card?.['id'] === 'string' ? card['id'] : options.model,
    engine: engineOf(owner, server),
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

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
