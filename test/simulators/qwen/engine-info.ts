import type { SimulatorState } from './state.ts';
import type { RecordedRequest } from './types.ts';

type Answered = {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** What each engine tells about itself beside the chat, at its own paths; undefined where this one has no such path. */
export function engineInfo(
  state: SimulatorState,
  record: RecordedRequest,
  method: string,
): Answered | undefined {
  const { path } = record;
  const found = method === 'POST' ? shown(state, record) : factsAt(state, path);
  if (found === undefined) return undefined;
  const status = path === '/api/show' && 'error' in Object(found) ? 404 : 200;
  return { status, body: JSON.stringify(found), headers: { 'content-type': 'application/json' } };
}

function factsAt(state: SimulatorState, path: string): unknown {
  const { profile, figures, others } = state;
  switch (profile.name) {
    case 'vllm':
    case 'vllm-old':
    case 'nginx-front':
      if (path === '/version') return { version: '0.21.0' };
      return path === '/load'
        ? { server_load: figures.running + others.running + others.waiting + state.places.waiting }
        : undefined;
    case 'sglang':
      return sglangAt(state, path);
    case 'llamacpp':
      return llamaAt(state, path);
    case 'ollama':
      return ollamaAt(state, path);
    case 'lmdeploy':
    case 'flask-seed':
      return undefined;
  }
}

function sglangAt({ rules, figures, toldParallel }: SimulatorState, path: string): unknown {
  const model = rules.models[0] ?? '';
  if (path === '/get_model_info')
    return { model_path: model, tokenizer_path: model, is_generation: true, weight_version: 'default' };
  if (path !== '/get_server_info') return undefined;
  return {
    model_path: model,
    context_length: rules.maxModelLen,
    served_model_name: model,
    max_running_requests: null,
    internal_states: [
      {
        last_gen_throughput: 0,
        load: figures.running,
        ...(toldParallel === undefined ? {} : { effective_max_running_requests_per_dp: toldParallel }),
      },
    ],
    version: '0.5.6',
  };
}

function llamaAt({ rules, figures, others, parallel }: SimulatorState, path: string): unknown {
  const busy = Math.min(parallel, figures.running + others.running);
  if (path === '/slots')
    return Array.from({ length: parallel }, (_, id) => ({
      id,
      n_ctx: rules.maxModelLen,
      is_processing: id < busy,
    }));
  if (path !== '/props') return undefined;
  return {
    build_info: 'b7010-1a2b3c4d',
    default_generation_settings: { n_ctx: rules.maxModelLen },
    total_slots: parallel,
    model_path: rules.models[0] ?? '',
    chat_template: '{{ messages }}',
    modalities: { vision: rules.vision, audio: false },
  };
}

/** Ollama's window is told for loaded models only, and a model is loaded by its first request. */
function ollamaAt({ rules, figures }: SimulatorState, path: string): unknown {
  const names = rules.models.map((name) => ({ name, model: name }));
  if (path === '/api/version') return { version: '0.33.0' };
  if (path === '/api/tags') return { models: names.map((name) => ({ ...name, size: 5_200_000_000 })) };
  if (path !== '/api/ps') return undefined;
  const loaded = figures.promptTokens > 0 ? names.slice(0, 1) : [];
  return {
    models: loaded.map((name) => ({
      ...name,
      size_vram: 5_200_000_000,
      expires_at: '2026-11-20T09:05:00Z',
      context_length: rules.maxModelLen,
    })),
  };
}

function shown({ profile, rules }: SimulatorState, { path, body }: RecordedRequest): unknown {
  if (profile.name !== 'ollama' || path !== '/api/show') return undefined;
  const model: unknown =
    typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined;
  if (typeof model !== 'string' || !rules.models.includes(model))
    return { error: `model '${String(model)}' not found` };
  return {
    capabilities: ['completion', ...(rules.vision ? ['vision'] : []), ...(rules.thinks ? ['thinking'] : [])],
    details: { family: 'qwen3', parameter_size: '8.2B' },
    model_info: { 'general.architecture': 'qwen3', 'qwen3.context_length': 262_144 },
    parameters: 'temperature 0.6\ntop_k 20',
  };
}
