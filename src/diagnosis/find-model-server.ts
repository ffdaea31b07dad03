import { isRecord } from '../model/error-words.ts';
import type { HttpProbe } from './http-probe.ts';
import { addressOf, type Target } from './target.ts';

/** Default ports of vLLM, llama.cpp, SGLang, Ollama and LMDeploy, and those of hand-made servers. */
export const usualPorts: readonly number[] = [8000, 8080, 30000, 11434, 23333, 5000];

const glanceMs = 1_000;

/** The first usual port of the same host on which a model list is served. The key is not sent: it is for the configured port. */
export async function findModelServer(
  target: Target,
  probe: HttpProbe,
  signal: AbortSignal,
): Promise<number | undefined> {
  const base = new URL(target.server.baseUrl);
  const others = target.usualPorts.filter((port) => port !== addressOf(base).port);
  const found = await Promise.all(
    others.map(async (port) => {
      const url = `http://${base.hostname}:${port}/v1/models`;
      return (await servesModels(probe, url, {}, signal)) ? port : undefined;
    }),
  );
  return found.find((port) => port !== undefined);
}

/** The base URL on the same host and port under which a model list is served; undefined when none is. */
export async function findBasePath(
  target: Target,
  probe: HttpProbe,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { origin } = new URL(target.server.baseUrl);
  for (const path of ['/v1', '/api/v1', '/openai/v1', '/compatible-mode/v1']) {
    const base = `${origin}${path}`;
    if (`${base}/models` === target.endpoint.modelsUrl) continue;
    if (await servesModels(probe, `${base}/models`, target.headers, signal)) return base;
  }
  return undefined;
}

async function servesModels(
  probe: HttpProbe,
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { status, body } = await probe.ask({ method: 'GET', url, headers, timeoutMs: glanceMs }, signal);
    const list: unknown = JSON.parse(body);
    // A guarded list counts too: `{"error":"Unauthorized"}` is what vLLM and SGLang say.
    if (status === 401) return isRecord(list) && 'error' in list;
    return status === 200 && isRecord(list) && Array.isArray(list['data']);
  } catch {
    return false;
  }
}
