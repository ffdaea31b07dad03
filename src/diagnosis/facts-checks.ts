import { codeOf } from '../model/network-failure.ts';
import { evidenceWords } from '../reply/notices/doctor.ts';
import { failureFromRefusal } from '../model/errors.ts';
import { toEvidence } from '../model/evidence.ts';
import { isRecord } from '../model/error-words.ts';
import type { Finding, PlannedCheck } from './check.ts';
import type { Client, LookUp } from './client.ts';
import { because, type Target } from './target.ts';

/** A picture takes up to 3,600 tokens, an answer a thousand: below this little else fits. */
const leastContextTokens = 4_096;
/** One short text; a model that is loaded for it may take a while. */
const embeddingTimeoutMs = 20_000;

/** What the server can hold and offers besides answers. Last, for Ollama knows its window once a model is loaded. */
export function factsChecks(client: Client, lookUp: LookUp): readonly PlannedCheck[] {
  return [
    { code: 'context', needs: ['models'], run: (signal) => checkContext(client, lookUp, signal) },
    { code: 'embeddings', needs: ['models'], run: (signal) => checkEmbeddings(client, signal) },
  ];
}

/** The same figure as the service goes by, from the same look-up. */
async function checkContext(
  { target, learned }: Client,
  lookUp: LookUp,
  signal: AbortSignal,
): Promise<Finding> {
  let { contextTokens } = learned;
  if (contextTokens === undefined) {
    const again = await lookUp(signal);
    if ('found' in again) contextTokens = again.found.contextTokens;
  }
  // Not a fault: the service then learns it from the first refusal, as LMDeploy's users know it.
  if (contextTokens === undefined) return { state: 'skipped', evidence: evidenceWords.contextUnknown };
  const evidence = evidenceWords.tokens(contextTokens);
  return contextTokens >= leastContextTokens
    ? { state: 'passed', evidence }
    : because('context-too-small', evidence, target, { detail: String(contextTokens) });
}

/** Nothing depends on embeddings yet, so that what is wrong with them is worth knowing and no more. */
async function checkEmbeddings({ target, probe, learned }: Client, signal: AbortSignal): Promise<Finding> {
  const model = learned.embeddingModel;
  if (model === undefined) return { state: 'skipped', evidence: evidenceWords.noEmbeddings };
  const asked = {
    method: 'POST',
    url: new URL('embeddings', target.endpoint.modelsUrl).href,
    headers: target.headers,
    body: JSON.stringify({ model, input: 'ping' }),
    timeoutMs: embeddingTimeoutMs,
  } as const;
  try {
    const { status, body } = await probe.ask(asked, signal);
    const dimensions = status === 200 ? dimensionsIn(body) : undefined;
    if (dimensions !== undefined)
      return { state: 'passed', evidence: evidenceWords.embedding(model, dimensions) };
    return without(model, whyNot(status, body, target), target);
  } catch (error) {
    return without(model, codeOf(error), target);
  }
}

function without(model: string, evidence: string, target: Target): Finding {
  return because('no-embeddings', evidence, target, { state: 'unknown', detail: model });
}

function whyNot(status: number, body: string, { secrets }: Target): string {
  if (status === 200) return `HTTP 200: ${toEvidence(body, secrets)}`;
  const sent = { maxTokens: 0, promptEstimate: 0, optionalKeys: [], secrets };
  return failureFromRefusal({ status, body, retryAfterMs: undefined }, sent).fault.evidence;
}

/** How many numbers the one vector has; undefined when the body holds none. */
function dimensionsIn(body: string): number | undefined {
  const answer = parse(body);
  const list: unknown = isRecord(answer) ? answer['data'] : undefined;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  const vector = isRecord(first) ? first['embedding'] : undefined;
  return Array.isArray(vector) && vector.length > 0 ? vector.length : undefined;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
