import { type SideCalls, sideCall } from './side-call.ts';
import type { EngineLoad, ModelDescription } from './types.ts';

type Source = { readonly path: string; readonly read: (text: string) => EngineLoad | undefined };

/** Where each engine publishes its load; the later ones stand in for the first, which must be switched on in some. */
const sources: Readonly<Record<ModelDescription['engine'], readonly Source[]>> = {
  vllm: [
    { path: '/metrics', read: gauges('vllm:num_requests_running', ['vllm:num_requests_waiting']) },
    { path: '/load', read: serverLoad },
  ],
  sglang: [{ path: '/metrics', read: gauges('sglang:num_running_reqs', ['sglang:num_queue_reqs']) }],
  llamacpp: [
    { path: '/metrics', read: gauges('llamacpp:requests_processing', ['llamacpp:requests_deferred']) },
    { path: '/slots', read: busySlots },
  ],
  lmdeploy: [
    {
      path: '/metrics',
      read: gauges('lmdeploy:num_requests_running', [
        'lmdeploy:num_requests_waiting',
        'lmdeploy:num_api_requests_waiting',
      ]),
    },
  ],
  ollama: [],
  openai: [],
};

/** Reads one server's load again and again. A source that is not there is not asked for again until `forget`. */
export type LoadReader = {
  /** Undefined when the engine does not tell. Rejects as the transport does. */
  read(engine: ModelDescription['engine'], signal: AbortSignal): Promise<EngineLoad | undefined>;
  forget(): void;
};

export function createLoadReader(calls: SideCalls): LoadReader {
  const missing = new Set<string>();
  return {
    async read(engine, signal) {
      for (const { path, read } of sources[engine]) {
        if (missing.has(path)) continue;
        const { status, text } = await sideCall(calls, path, signal);
        const load = status === 200 ? read(text) : undefined;
        if (load !== undefined) return load;
        missing.add(path);
      }
      return undefined;
    },
    forget: () => missing.clear(),
  };
}

/** Sums each gauge over its label sets: several engines or API processes stand behind one address. */
function gauges(running: string, waiting: readonly string[]): Source['read'] {
  return (text) => {
    const runs = sumOf(text, running);
    if (runs === undefined) return undefined;
    return { running: runs, waiting: waiting.reduce((sum, name) => sum + (sumOf(text, name) ?? 0), 0) };
  };
}

function sumOf(text: string, name: string): number | undefined {
  let sum: number | undefined;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name) || !'{ '.includes(line.charAt(name.length) || '?')) continue;
    const value = Number(
      line
        .slice(line.lastIndexOf('}') + 1)
        .replace(name, '')
        .trim()
        .split(/\s+/)[0],
    );
    if (Number.isFinite(value)) sum = (sum ?? 0) + value;
  }
  return sum;
}

/** vLLM's GET /load counts running and waiting requests together. */
function serverLoad(text: string): EngineLoad | undefined {
  const count = Number(/"server_load"\s*:\s*(\d+)/.exec(text)?.[1]);
  return Number.isFinite(count) ? { running: count } : undefined;
}

/** llama.cpp's GET /slots is a list, one entry for each slot. */
function busySlots(text: string): EngineLoad | undefined {
  if (!text.includes('"is_processing"')) return undefined;
  return { running: text.match(/"is_processing"\s*:\s*true/g)?.length ?? 0 };
}
