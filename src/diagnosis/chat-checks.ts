import type { Json } from '../contract/ids.ts';
import { decodeEvent, type Chunk } from '../model/chunk.ts';
import { toEvidence } from '../model/evidence.ts';
import { codeOf } from '../model/network-failure.ts';
import type { CauseCode } from '../reply/notices/doctor-causes.ts';
import { evidenceWords } from '../reply/notices/doctor.ts';
import { phrase } from '../reply/notices/phrase.ts';
import type { Finding, PlannedCheck } from './check.ts';
import type { Client, Fields } from './client.ts';
import { explainRefusal, explainThrown } from './explain.ts';
import type { ProbeAnswer } from './http-probe.ts';
import { explainErrorEvent, maxTokens, readStream, says, type Streamed } from './read-stream.ts';
import { because } from './target.ts';
import { testPicture } from './test-picture.ts';

/** From one word to a picture and thinking: what people's questions will need. */
export function chatChecks(client: Client): readonly PlannedCheck[] {
  return [
    { code: 'chat', needs: ['models'], run: (signal) => checkChat(client, signal) },
    { code: 'streaming', needs: ['chat'], run: (signal) => checkStreaming(client, signal) },
    ...(client.target.seesPictures
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
  if (chunk?.error !== undefined) return explainErrorEvent(chunk.error, client);
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

/** A stream held back this long that then comes all at once was collected on the way. */
const heldBackMs = 1_500;
const atOnceMs = 20;
const enoughPieces = 16;

async function checkStreaming(client: Client, signal: AbortSignal): Promise<Finding> {
  const { target } = client;
  const seen = await readStream(client, {}, signal);
  if ('state' in seen) return seen;
  const pieces = seen.chunks.filter(says);
  const [first] = pieces;
  const last = pieces.at(-1);
  if (seen.type.includes('json') && decodeEvent(seen.plain)[0] !== undefined)
    return because('no-streaming', 'application/json', target, { state: 'unknown' });
  const broken = brokenStream(client, seen, pieces.length);
  if (broken !== undefined) return broken;
  if (first === undefined || last === undefined) return { state: 'unknown', evidence: evidenceWords.noWord };
  const evidence = evidenceWords.firstToken(first.atMs, pieces.length, last.atMs);
  const held = first.atMs > heldBackMs && pieces.length >= enoughPieces && last.atMs - first.atMs < atOnceMs;
  return held ? because('buffered', evidence, target) : { state: 'passed', evidence };
}

/** Finish reasons by which a server says that it gave up, as the service reads them; the rest are good ends. */
const badEnds: ReadonlyMap<string, CauseCode> = new Map<string, CauseCode>([
  ['content_filter', 'content-filter'],
  ['abort', 'cut-off'],
  ['error', 'server-error'],
  ['parse_error', 'server-error'],
]);

/** A stream that did not come to a good end; undefined for one that did. */
function brokenStream(client: Client, seen: Streamed, pieces: number): Finding | undefined {
  const { target } = client;
  if (seen.error !== undefined) return explainErrorEvent(seen.error, client);
  if (seen.given === 'line-too-long') return because('not-openai', evidenceWords.longLine, target);
  if (seen.given === 'endless')
    return because('endless', evidenceWords.noEnd(pieces), target, { detail: String(maxTokens) });
  const finished = seen.chunks.find(({ chunk }) => chunk.finishReason !== undefined)?.chunk.finishReason;
  if (finished !== undefined) {
    const cause = badEnds.get(finished);
    return cause === undefined ? undefined : because(cause, `finish_reason ${finished}`, target);
  }
  const html = /^\s*</.test(seen.plain);
  return because(html ? 'not-openai' : 'cut-off', evidenceWords.noEnd(pieces), target);
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
  if (client.learned.canThink === false) return { state: 'passed', evidence: evidenceWords.thinksNot };
  const on = await readStream(client, thinking(client, true), signal);
  if ('state' in on) {
    const strict = on.causeCode === 'bad-request';
    return strict ? because('thinking-switch', on.evidence, client.target, { state: 'unknown' }) : on;
  }
  const wrong = brokenStream(client, on, on.chunks.filter(says).length);
  if (wrong !== undefined) return wrong;
  const quiet = await readStream(client, thinking(client, false), signal);
  if ('state' in quiet) return { ...quiet, state: 'unknown' };
  const [form, still] = [thinkingIn(on), thinkingIn(quiet)];
  if (form === undefined) return { state: 'passed', evidence: evidenceWords.thinksNot };
  const [how, off] = [
    evidenceWords.thinks[form],
    still === undefined ? evidenceWords.switchable : evidenceWords.always,
  ];
  return { state: 'passed', evidence: phrase(`${how.zh}，${off.zh}`, `${how.en}, ${off.en}`) };
}

/** The switch in the form the engine reads, as the service sends it. */
function thinking({ learned }: Client, on: boolean): Fields {
  return learned.engine === 'ollama'
    ? { reasoning_effort: on ? 'medium' : 'none' }
    : { chat_template_kwargs: { enable_thinking: on } };
}

function thinkingIn({ chunks }: Streamed): 'apart' | 'inside' | undefined {
  if (chunks.some(({ chunk }) => chunk.reasoning !== '')) return 'apart';
  const text = chunks.map(({ chunk }) => chunk.text).join('');
  // An empty pair of tags is what a switched-off Qwen3 leaves behind.
  const thought =
    /^\s*<think>\s*\S/.test(text.replace(/<think>\s*<\/think>/, '')) || /\S\s*<\/think>/.test(text);
  return thought ? 'inside' : undefined;
}
