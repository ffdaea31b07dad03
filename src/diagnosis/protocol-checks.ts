import { isRecord } from '../model/error-words.ts';
import { toEvidence } from '../model/evidence.ts';
import type { Discovery } from '../model/discovery.ts';
import type { ModelDescription } from '../model/types.ts';
import { evidenceWords } from '../reply/notices/doctor.ts';
import type { Finding, PlannedCheck } from './check.ts';
import type { Client, Learned, LookUp } from './client.ts';
import { explainRefusal, explainThrown } from './explain.ts';
import { findBasePath } from './find-model-server.ts';
import type { HttpProbe, ProbeAnswer } from './http-probe.ts';
import { because, type Target } from './target.ts';

/** SGLang's health check generates a token; anything slower than this is a fault of its own. */
const answerTimeoutMs = 8_000;
/** Chat platforms refuse what is more than five minutes off; a minute already shows that nothing keeps the time. */
const skewWorthKnowingMs = 60_000;
const skewRefusedMs = 300_000;

/** From an HTTP answer to the model that will be asked. */
export function protocolChecks({ target, probe, learned }: Client, lookUp: LookUp): readonly PlannedCheck[] {
  const needs =
    new URL(target.server.baseUrl).protocol === 'https:' ? (['tcp', 'tls'] as const) : ['tcp' as const];
  return [
    { code: 'http', needs, run: (signal) => checkHttp(target, probe, learned, signal) },
    { code: 'clock', needs: ['http'], run: async () => checkClock(target, learned) },
    { code: 'key', needs: ['http'], run: (signal) => checkKey(target, probe, signal) },
    {
      code: 'models',
      needs: ['key'],
      run: (signal) => checkModels({ target, probe, learned }, lookUp, signal),
    },
  ];
}

function propsUrl({ endpoint }: Target): string {
  return new URL('props', endpoint.healthUrl).href;
}

function get(
  target: Target,
  probe: HttpProbe,
  url: string,
  signal: AbortSignal,
): Promise<ProbeAnswer | Finding> {
  const asked = { method: 'GET', url, headers: target.headers, timeoutMs: answerTimeoutMs } as const;
  return probe.ask(asked, signal).catch((error: unknown) => explainThrown(error, target, answerTimeoutMs));
}

async function checkHttp(
  target: Target,
  probe: HttpProbe,
  learned: Learned,
  signal: AbortSignal,
): Promise<Finding> {
  const answer = await get(target, probe, target.endpoint.healthUrl, signal);
  if ('state' in answer) return answer;
  const date = Date.parse(answer.headers['date'] ?? '');
  if (!Number.isNaN(date)) learned.skewMs = date - target.clock.now().getTime();
  const refusal = explainRefusal(answer, target, '');
  // 401, 403 and 404 of a health page say nothing yet: the checks that follow ask what matters.
  if (answer.status >= 500 || refusal.causeCode === 'http-to-https') return refusal;
  const server = toEvidence(answer.headers['server'] ?? '', target.secrets);
  return {
    state: 'passed',
    evidence: `GET /health: HTTP ${answer.status}${server === '' ? '' : `, ${server}`}`,
  };
}

function checkClock(target: Target, { skewMs }: Learned): Finding {
  if (skewMs === undefined) return { state: 'passed', evidence: evidenceWords.noDate };
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) < skewWorthKnowingMs) return { state: 'passed', evidence: `± ${seconds} s` };
  const state = Math.abs(skewMs) >= skewRefusedMs ? 'failed' : 'unknown';
  return because('clock-skew', `Date ${skewMs < 0 ? '-' : '+'}${seconds} s`, target, {
    state,
    detail: String(seconds),
  });
}

async function checkKey(target: Target, probe: HttpProbe, signal: AbortSignal): Promise<Finding> {
  const list = await get(target, probe, target.endpoint.modelsUrl, signal);
  if ('state' in list) return list;
  // llama.cpp leaves its list open to everyone; /props is guarded.
  const open = /llama\.cpp/i.test(list.headers['server'] ?? '') || list.body.includes('"llamacpp"');
  const answer = open ? await get(target, probe, propsUrl(target), signal) : list;
  if ('state' in answer) return answer;
  if (answer.status === 401 || answer.status === 403) return explainRefusal(answer, target, '');
  const path = open ? '/props' : '/v1/models';
  return { state: 'passed', evidence: `GET ${path}: HTTP ${answer.status}` };
}

async function checkModels(
  { target, probe, learned }: Client,
  lookUp: LookUp,
  signal: AbortSignal,
): Promise<Finding> {
  const answer = await get(target, probe, target.endpoint.modelsUrl, signal);
  if ('state' in answer) return answer;
  if (answer.status === 200) {
    const finding = readList(target, answer.body, learned);
    return finding.state === 'passed' ? askWho(finding, learned, await lookUp(signal)) : finding;
  }
  const refusal = explainRefusal(answer, target, target.server.model);
  if (refusal.causeCode !== 'wrong-path') return refusal;
  const right = await findBasePath(target, probe, signal);
  if (right !== undefined) return because('wrong-path', refusal.evidence, target, { detail: right });
  if (target.server.model === 'auto') return refusal;
  // A gateway may hide the list; with a configured id the chat itself tells.
  learned.model = target.server.model;
  return { state: 'unknown', evidence: refusal.evidence };
}

/** Adds what the service itself finds out about who answers here. */
function askWho(finding: Finding, learned: Learned, looked: Discovery): Finding {
  if ('failure' in looked) return finding;
  const { engine, version, contextTokens, canThink } = looked.found;
  Object.assign(learned, { engine, contextTokens, canThink });
  const known = engine === 'openai' ? [] : [[engineNames[engine], version].filter(Boolean).join(' ')];
  return { ...finding, evidence: [learned.model, ...known].join(', ') };
}

const engineNames: Readonly<Record<ModelDescription['engine'], string>> = {
  vllm: 'vLLM',
  sglang: 'SGLang',
  llamacpp: 'llama.cpp',
  ollama: 'Ollama',
  lmdeploy: 'LMDeploy',
  openai: '',
};

/** Names of models that make vectors of texts, and of those that only sort them. */
const forEmbeddings = /embed|\bbge-|\bgte-|\be5-/i;
const forSorting = /rerank/i;
/** Names of models that are served beside the chat model and cannot chat. */
const notForChat = /embed|rerank|\bbge\b|bge-|whisper|\basr\b|-asr|\btts\b|-tts|reward|classif/i;
/** So many names are shown when the configured one is not among them. */
const namesShown = 5;

function readList(target: Target, body: string, learned: Learned): Finding {
  const list = parse(body);
  if (!isRecord(list) || !Array.isArray(list['data']))
    return because('not-openai', 'GET /v1/models is no model list', target);
  const cards = list['data'].filter(isRecord);
  const names = cards.flatMap(({ id }) => (typeof id === 'string' && id !== '' ? [id] : []));
  const wanted =
    target.server.model === 'auto' ? names.find((id) => !notForChat.test(id)) : target.server.model;
  const shown = names.length > namesShown ? [...names.slice(0, namesShown), '…'] : names;
  if (names.length === 0 || wanted === undefined)
    return because('no-models', `${names.length} models`, target);
  if (!names.includes(wanted)) {
    return because('model-missing', wanted, target, { detail: toEvidence(shown.join(', ')) });
  }
  learned.model = wanted;
  learned.embeddingModel = names.find((id) => forEmbeddings.test(id) && !forSorting.test(id));
  return { state: 'passed', evidence: wanted };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
