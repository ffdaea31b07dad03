import { isRecord } from './error-words.ts';
import { type SideCalls, sideFacts } from './side-call.ts';
import type { ModelDescription } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;
type Ask = (path: string, body?: Readonly<Record<string, string>>) => Promise<Fields | undefined>;
type Facts = Partial<Omit<ModelDescription, 'host' | 'model'>>;

/**
 * Asks an engine, each in its own way, what its model list does not tell: version, usable context, whether it sees or
 * thinks, how many answers it makes at once. What it does not say stays as it was found. Never rejects.
 */
export async function askEngine(
  found: ModelDescription,
  calls: SideCalls,
  signal: AbortSignal,
): Promise<ModelDescription> {
  const ask: Ask = (path, body) => sideFacts(calls, path, signal, body);
  const { engine, ...facts } = await factsOf(found.engine, found.model, ask);
  const contextTokens = found.contextTokens ?? facts.contextTokens;
  return { ...found, ...facts, engine: engine ?? found.engine, contextTokens };
}

/** Finds out which engine hides behind an owner's name of its own, by paths that only that engine has. */
export async function identifyEngine(
  found: ModelDescription,
  calls: SideCalls,
  signal: AbortSignal,
): Promise<ModelDescription> {
  const ask: Ask = (path) => sideFacts(calls, path, signal);
  const [ollama, props, sglang, version, health] = await Promise.all(
    ['/api/version', '/props', '/get_server_info', '/version', '/health'].map((path) => ask(path)),
  );
  const engine =
    wordIn(ollama, 'version') !== undefined
      ? 'ollama'
      : isRecord(props?.['default_generation_settings'])
        ? 'llamacpp'
        : wordIn(sglang, 'version') !== undefined
          ? 'sglang'
          : // A gateway may have a /version of its own, with more in it.
            wordIn(version, 'version') !== undefined && Object.keys(version ?? {}).length === 1
            ? 'vllm'
            : isLmdeployHealth(health)
              ? 'lmdeploy'
              : 'openai';
  return { ...found, engine };
}

async function factsOf(engine: ModelDescription['engine'], model: string, ask: Ask): Promise<Facts> {
  switch (engine) {
    case 'vllm':
      return withVersion(wordIn(await ask('/version'), 'version'));
    case 'sglang':
      return sglangFacts(await ask('/get_server_info'));
    case 'llamacpp':
      return llamaFacts(await ask('/props'));
    case 'ollama':
      return ollamaFacts(model, ask);
    case 'lmdeploy':
    case 'openai':
      return {};
  }
}

/** What SGLang worked out at its start for each of its workers goes before what it was started with, often unset. */
function sglangFacts(info: Fields | undefined): Facts {
  const states = Array.isArray(info?.['internal_states']) ? info['internal_states'].filter(isRecord) : [];
  const effective = states.reduce(
    (sum, state) => sum + (positive(state['effective_max_running_requests_per_dp']) ?? 0),
    0,
  );
  return {
    ...withVersion(wordIn(info, 'version')),
    ...withContext(positive(info?.['context_length'])),
    ...withParallel(positive(effective) ?? positive(info?.['max_running_requests'])),
  };
}

/** The window stands beside the settings of a slot: llama.cpp divides its whole context over them. */
function llamaFacts(props: Fields | undefined): Facts {
  const settings = isRecord(props?.['default_generation_settings'])
    ? props['default_generation_settings']
    : {};
  const modalities = isRecord(props?.['modalities']) ? props['modalities'] : {};
  return {
    ...withVersion(wordIn(props, 'build_info')),
    ...withContext(positive(settings['n_ctx'])),
    ...withVision(modalities['vision']),
    ...withParallel(positive(props?.['total_slots'])),
  };
}

/** The window Ollama really uses is known once the model is loaded, or where the model's file sets it. */
async function ollamaFacts(model: string, ask: Ask): Promise<Facts> {
  const [version, card, loaded] = await Promise.all([
    ask('/api/version'),
    ask('/api/show', { model }),
    ask('/api/ps'),
  ]);
  const running = Array.isArray(loaded?.['models']) ? loaded['models'].filter(isRecord) : [];
  const own = running.find(({ name }) => name === model || name === `${model}:latest`);
  const capabilities = Array.isArray(card?.['capabilities']) ? card['capabilities'] : undefined;
  const configured = Number(/^num_ctx\s+(\d+)$/m.exec(wordIn(card, 'parameters') ?? '')?.[1]);
  return {
    ...withVersion(wordIn(version, 'version')),
    ...withContext(positive(own?.['context_length']) ?? positive(configured)),
    ...withVision(capabilities?.includes('vision')),
    ...(capabilities === undefined ? {} : { canThink: capabilities.includes('thinking') }),
  };
}

function isLmdeployHealth(health: Fields | undefined): boolean {
  const state = wordIn(health, 'status') ?? '';
  return 'message' in (health ?? {}) && ['healthy', 'sleeping', 'unhealthy', 'initializing'].includes(state);
}

function withVersion(version: string | undefined): Facts {
  return version === undefined ? {} : { version: version.slice(0, 60) };
}

function withContext(contextTokens: number | undefined): Facts {
  return contextTokens === undefined ? {} : { contextTokens };
}

function withParallel(parallel: number | undefined): Facts {
  return parallel === undefined ? {} : { parallel };
}

function withVision(sees: unknown): Facts {
  return typeof sees === 'boolean' ? { vision: sees ? 'yes' : 'no' } : {};
}

function wordIn(fields: Fields | undefined, key: string): string | undefined {
  const value = fields?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A number above zero; what an engine reports as 0, null or not at all is unknown. */
export function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
