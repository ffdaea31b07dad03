import type { Json } from '../contract/ids.ts';
import { decodeEvent, type Chunk } from '../model/chunk.ts';
import { toEvidence } from '../model/evidence.ts';
import { codeOf } from '../model/network-failure.ts';
import { createSseReader } from '../model/sse.ts';
import { evidenceWords } from '../reply/notices/doctor.ts';
import { phrase } from '../reply/notices/phrase.ts';
import type { Finding, PlannedCheck } from './check.ts';
import { explainRefusal, explainThrown } from './explain.ts';
import type { HttpProbe, ProbeAnswer } from './http-probe.ts';
import type { Learned } from './protocol-checks.ts';
import { because, type Target } from './target.ts';
import { testPicture } from './test-picture.ts';

type Fields = Readonly<Record<string, Json>>;

/** From one word to a picture and thinking: what people's questions will need. */
export function chatChecks(target: Target, probe: HttpProbe, learned: Learned): readonly PlannedCheck[] {
  const client = { target, probe, learned };
  return [
    { code: 'chat', needs: ['models'], run: (signal) => checkChat(client, signal) },
    { code: 'streaming', needs: ['chat'], run: (signal) => checkStreaming(client, signal) },
    ...(target.seesPictures
      ? [
          {
            code: 'image',
            needs: ['chat'],
            run: (signal: AbortSignal) => checkImage(client, signal),
          } as const,
        ]
      : []),
    { code: 'thinking', needs: ['chat'], run: (signal) => checkThinking(client, signal) },
  ];
}

type Client = { readonly target: Target; readonly probe: HttpProbe; readonly learned: Learned };

const ping: Json = [{ role: 'user', content: 'ping' }];

/** One question without streaming: its answer, or why there is none. */
export async function askChat(
  { target, probe, learned }: Client,
  fields: Fields,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeAnswer | Finding> {
  const body = JSON.stringify({ model: learned.model ?? '', ...target.extraBody, messages: ping, ...fields });
  const { headers } = target;
  try {
    const asked = { method: 'POST', url: target.endpoint.chatUrl, headers, body, timeoutMs } as const;
    const answer = await probe.ask(asked, signal);
    if (answer.status !== 200) return explainRefusal(answer, target, learned.model ?? '');
    return answer;
  } catch (error) {
    if (codeOf(error) === 'TimeoutError')
      return because('slow', 'TimeoutError', target, { detail: String(Math.round(timeoutMs / 1000)) });
    return explainThrown(error, target, timeoutMs);
  }
}

/** The whole completion in an answer's body; undefined when it is none. */
function completionOf({ body }: ProbeAnswer): Chunk | undefined {
  const [chunk] = decodeEvent(body);
  return chunk?.finishReason === undefined && chunk?.text === '' && chunk.error === undefined
    ? undefined
    : chunk;
}

/** Asks once, not streamed, and judges whether an answer came. */
async function complete(
  client: Client,
  body: Parameters<typeof askChat>[1],
  passed: (chunk: Chunk) => Finding['evidence'],
  signal: AbortSignal,
): Promise<Finding> {
  const { target } = client;
  const answer = await askChat(client, body, target.firstTokenTimeoutMs, signal);
  if ('state' in answer) return answer;
  const chunk = completionOf(answer);
  if (chunk?.error !== undefined)
    return explainRefusal(
      { ...answer, status: chunk.error.status ?? 500 },
      target,
      client.learned.model ?? '',
    );
  return chunk === undefined
    ? because('not-openai', toEvidence(answer.body, target.secrets), target)
    : { state: 'passed', evidence: passed(chunk) };
}

function checkChat(client: Client, signal: AbortSignal): Promise<Finding> {
  return complete(
    client,
    { max_tokens: 5 },
    ({ finishReason }) => `HTTP 200, ${finishReason ?? 'no finish reason'}`,
    signal,
  );
}

/** What a stream showed, with times from the request's start in milliseconds. */
type Streamed = {
  readonly type: string;
  readonly chunks: readonly { readonly chunk: Chunk; readonly atMs: number }[];
  readonly plain: string;
  readonly status: number;
};

async function stream(client: Client, fields: Fields, signal: AbortSignal): Promise<Streamed> {
  const { target, probe, learned } = client;
  const body = JSON.stringify({
    model: learned.model ?? '',
    ...target.extraBody,
    messages: [{ role: 'user', content: '1 + 1 = ?' }],
    ...fields,
    stream: true,
  });
  const startedAt = target.clock.now().getTime();
  const chunks: { chunk: Chunk; atMs: number }[] = [];
  const decoder = new TextDecoder();
  let plain = '';
  const reader = createSseReader({
    data(payload) {
      const atMs = target.clock.now().getTime() - startedAt;
      for (const chunk of decodeEvent(payload)) if (chunk !== undefined) chunks.push({ chunk, atMs });
    },
    errorLine: (payload) => void (plain += payload),
  });
  const { headers } = target;
  const timeoutMs = target.firstTokenTimeoutMs;
  const asked = { method: 'POST', url: target.endpoint.chatUrl, headers, body, timeoutMs } as const;
  const head = await probe.read(
    asked,
    (bytes) => {
      plain += decoder.decode(bytes, { stream: true });
      reader.feed(bytes);
    },
    signal,
  );
  reader.end();
  return { type: head.headers['content-type'] ?? '', chunks, plain, status: head.status };
}

/** A stream that ended well, or what was wrong with it. */
async function streamed(client: Client, fields: Fields, signal: AbortSignal): Promise<Streamed | Finding> {
  const { target, learned } = client;
  const model = learned.model ?? '';
  try {
    const seen = await stream(client, fields, signal);
    if (seen.status !== 200)
      return explainRefusal({ status: seen.status, headers: {}, body: seen.plain }, target, model);
    const failed = seen.chunks.find(({ chunk }) => chunk.error !== undefined)?.chunk.error;
    if (failed !== undefined) {
      const body = JSON.stringify({
        error: { message: failed.message, type: failed.kind, param: failed.param },
      });
      return explainRefusal({ status: failed.status ?? 500, headers: {}, body }, target, model);
    }
    return seen;
  } catch (error) {
    const code = codeOf(error);
    const seconds = String(Math.round(target.firstTokenTimeoutMs / 1000));
    if (code === 'TimeoutError') return because('slow', code, target, { detail: seconds });
    return because('cut-off', code, target);
  }
}

const says = ({ chunk }: { readonly chunk: Chunk }): boolean => chunk.text !== '' || chunk.reasoning !== '';
/** A stream held back this long that then comes all at once was collected on the way. */
const heldBackMs = 1_500;
const atOnceMs = 20;
const enoughPieces = 16;

async function checkStreaming(client: Client, signal: AbortSignal): Promise<Finding> {
  const { target } = client;
  const seen = await streamed(client, { max_tokens: 64 }, signal);
  if ('state' in seen) return seen;
  const pieces = seen.chunks.filter(says);
  const [first] = pieces;
  const last = pieces.at(-1);
  if (seen.type.includes('json') && decodeEvent(seen.plain)[0] !== undefined)
    return because('no-streaming', 'application/json', target, { state: 'unknown' });
  if (!seen.chunks.some(({ chunk }) => chunk.finishReason !== undefined)) {
    const html = /^\s*</.test(seen.plain);
    return because(html ? 'not-openai' : 'cut-off', evidenceWords.noEnd(pieces.length), target);
  }
  if (first === undefined || last === undefined) return { state: 'unknown', evidence: evidenceWords.noWord };
  const evidence = evidenceWords.firstToken(first.atMs, pieces.length, last.atMs);
  const held = first.atMs > heldBackMs && pieces.length >= enoughPieces && last.atMs - first.atMs < atOnceMs;
  return held ? because('buffered', evidence, target) : { state: 'passed', evidence };
}

async function checkImage(client: Client, signal: AbortSignal): Promise<Finding> {
  const url = `data:image/png;base64,${testPicture().toString('base64')}`;
  const messages = [
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url } },
        { type: 'text', text: 'What is this?' },
      ],
    },
  ];
  return complete(client, { messages, max_tokens: 5 }, () => evidenceWords.picture, signal);
}

/** Whether the model thinks, in which form it comes, and whether that can be switched off. */
async function checkThinking(client: Client, signal: AbortSignal): Promise<Finding> {
  const on = await streamed(
    client,
    { max_tokens: 64, chat_template_kwargs: { enable_thinking: true } },
    signal,
  );
  if ('state' in on) {
    const strict = on.causeCode === 'bad-request';
    return strict ? because('thinking-switch', on.evidence, client.target, { state: 'unknown' }) : on;
  }
  const quiet = await streamed(client, { max_tokens: 64, ...withoutThinking(client) }, signal);
  if ('state' in quiet) return { ...quiet, state: 'unknown' };
  const [form, still] = [thinkingIn(on), thinkingIn(quiet)];
  if (form === undefined) return { state: 'passed', evidence: evidenceWords.thinksNot };
  const [how, off] = [
    evidenceWords.thinks[form],
    still === undefined ? evidenceWords.switchable : evidenceWords.always,
  ];
  return { state: 'passed', evidence: phrase(`${how.zh}，${off.zh}`, `${how.en}, ${off.en}`) };
}

function withoutThinking({ learned }: Client): Fields {
  // Ollama does not read template arguments; this is its own switch.
  return learned.engine === 'library'
    ? { reasoning_effort: 'none' }
    : { chat_template_kwargs: { enable_thinking: false } };
}

function thinkingIn({ chunks }: Streamed): 'apart' | 'inside' | undefined {
  if (chunks.some(({ chunk }) => chunk.reasoning !== '')) return 'apart';
  const text = chunks.map(({ chunk }) => chunk.text).join('');
  // An empty pair of tags is what a switched-off Qwen3 leaves behind.
  const thought =
    /^\s*<think>\s*\S/.test(text.replace(/<think>\s*<\/think>/, '')) || /\S\s*<\/think>/.test(text);
  return thought ? 'inside' : undefined;
}
