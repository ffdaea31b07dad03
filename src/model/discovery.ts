import type { Clock } from '../contract/runtime.ts';
import type { Endpoint } from './endpoint.ts';
import { askEngine, identifyEngine, positive } from './engine-facts.ts';
import { isRecord } from './error-words.ts';
import { failureFromRefusal } from './errors.ts';
import type { Failure } from './failure.ts';
import { failureFromThrown } from './network-failure.ts';
import { readRetryAfter, readText } from './response-text.ts';
import type { Transport } from './transport.ts';
import type { ModelDescription, ModelOffer } from './types.ts';
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

/** `offers`: every model of the list that can chat; none where the list is hidden. */
export type Discovery =
  | { readonly found: ModelDescription; readonly offers: readonly ModelOffer[] }
  | { readonly failure: Failure };

/** The list comes at once or something is wrong: SGLang's slowest check takes a second. */
const listTimeoutMs = 5_000;
/** A gateway may let unknown paths hang; the facts behind them are not worth a longer wait. */
const factsTimeoutMs = 3_000;
/** A list of models is small; more than this is not one. */
const maxListBytes = 1_048_576;
/** A gateway may list a whole catalogue; nobody chooses among more than these. */
const maxOffers = 200;
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
    const found = await within(clock, factsTimeoutMs, signal, (limited) =>
      enrich(listed.found, options, limited),
    );
    return { ...listed, found };
  } catch {
    return listed;
  }
}

/** What a further model of the list is like, on the server that `usual` describes. Never rejects. */
export async function describeOffer(
  offer: ModelOffer,
  usual: ModelDescription,
  options: DiscoveryOptions,
  signal: AbortSignal,
): Promise<ModelDescription> {
  const plain = plainDescription(offer, usual);
  // Only Ollama has other facts for each of its models; elsewhere they are the engine's.
  if (usual.engine !== 'ollama') return plain;
  try {
    return await within(options.clock, factsTimeoutMs, signal, (limited) =>
      askEngine(plain, options, limited),
    );
  } catch {
    return plain;
  }
}

/** The same without asking anybody. */
export function plainDescription(offer: ModelOffer, usual: ModelDescription): ModelDescription {
  const { host, engine, version, parallel } = usual;
  // One engine, one window: what it lists beside its model are adapters of it. Ollama and gateways have several.
  const shared = engine === 'ollama' || engine === 'openai' ? undefined : usual.contextTokens;
  return {
    host,
    engine,
    model: offer.id,
    contextTokens: offer.contextTokens ?? shared,
    vision: offer.vision,
    ...(version === undefined ? {} : { version }),
    ...(parallel === undefined ? {} : { parallel }),
  };
}

async function askForList(options: DiscoveryOptions, signal: AbortSignal): Promise<Discovery> {
  try {
    return await within(options.clock, listTimeoutMs, signal, async (limited) => {
      const { status, body, server, retryAfterMs } = await get(options, options.endpoint.modelsUrl, limited);
      if (status === 200) return readList(options, body, server);
      // A gateway may hide the list; with a configured id that is no reason not to ask.
      if (options.model !== 'auto' && [404, 405, 501].includes(status))
        return { found: describe(options, undefined, undefined, server), offers: [] };
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
    options.model === 'auto' ? named.find(canChat) : named.find(({ id }) => id === options.model);
  if (wanted === undefined && options.model === 'auto') {
    const evidence = named.length === 0 ? 'GET /v1/models is empty' : `no chat model among ${named.length}`;
    return { failure: { fault: { code: 'no-models', evidence }, retry: 'no' } };
  }
  // The owner of any card names the engine, also when the configured id is not in the list.
  const found = describe(options, wanted, (wanted ?? named[0])?.['owned_by'], server);
  const multimodal = JSON.stringify(isRecord(list) ? (list['models'] ?? '') : '').includes('"multimodal"');
  const vision = found.engine === 'llamacpp' && multimodal ? 'yes' : found.vision;
  const offers = named
    .filter(canChat)
    .slice(0, maxOffers)
    .map((card) => offerOf(card, vision));
  return { found: { ...found, vision }, offers };
}

function offerOf(card: Card, vision: ModelOffer['vision']): ModelOffer {
  return { id: String(card['id']), contextTokens: contextOf(card), vision };
}

type Card = Readonly<Record<string, unknown>>;

function canChat({ id }: Card): boolean {
  return typeof id === 'string' && !notForChat.test(id);
}

function describe(
  options: DiscoveryOptions,
  card: Card | undefined,
  owner: unknown,
  server: string,
): ModelDescription {
  return {
    host: options.endpoint.host,
    model: typeof card?.['id'] === 'string' ? card['id'] : options.model,
    engine: engineOf(owner, server),
    contextTokens: card === undefined ? undefined : contextOf(card),
    vision: 'unknown',
  };
}

function contextOf(card: Card): number | undefined {
  const meta = isRecord(card['meta']) ? card['meta'] : {};
  // llama.cpp divides its context over slots: `n_ctx` is what one chat may use, `n_ctx_train` is not.
  return positive(card['max_model_len']) ?? positive(meta['n_ctx']);
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
