import { decodeEvent, type Chunk } from '../model/chunk.ts';
import { codeOf } from '../model/network-failure.ts';
import { createSseReader } from '../model/sse.ts';
import type { Finding } from './check.ts';
import type { Client, Fields } from './client.ts';
import { explainRefusal } from './explain.ts';
import { because } from './target.ts';

/** What a stream showed, with times from the request's start in milliseconds. */
export type Streamed = {
  readonly type: string;
  readonly status: number;
  readonly chunks: readonly { readonly chunk: Chunk; readonly atMs: number }[];
  /** The bytes as text, for what is no stream. */
  readonly plain: string;
  /** The first error that came as an event. */
  readonly error: Chunk['error'];
  /** Why it was not read to its end, where it was not. */
  readonly given: 'whole' | 'line-too-long' | 'endless';
};

/** So many tokens are asked for; a server that says four times as many pieces does not keep to it. */
export const maxTokens = 64;
const endlessPieces = 4 * maxTokens;

type Reading = {
  readonly chunks: { chunk: Chunk; atMs: number }[];
  plain: string;
  given: Streamed['given'];
};

/** Asks for a stream and reads it; a refusal, an error event, silence and a broken connection are findings. */
export async function readStream(
  client: Client,
  fields: Fields,
  signal: AbortSignal,
): Promise<Streamed | Finding> {
  const { target, learned } = client;
  const reading: Reading = { chunks: [], plain: '', given: 'whole' };
  try {
    const { status, headers } = await read(client, fields, reading, signal);
    const { plain } = reading;
    if (status !== 200)
      return explainRefusal({ status, headers: {}, body: plain }, target, learned.model ?? '');
    const error = reading.chunks.find(({ chunk }) => chunk.error !== undefined)?.chunk.error;
    return { ...reading, status, error, type: headers['content-type'] ?? '' };
  } catch (error) {
    const code = codeOf(error);
    const seconds = String(Math.round(target.firstTokenTimeoutMs / 1000));
    if (code !== 'TimeoutError') return because('cut-off', code, target);
    const begun = reading.chunks.some(says);
    return because(begun ? 'stalled' : 'slow', code, target, { detail: seconds });
  }
}

export const says = ({ chunk }: { readonly chunk: Chunk }): boolean =>
  chunk.text !== '' || chunk.reasoning !== '';

/** An error that came as an event, as if it had come as an answer of its own. */
export function explainErrorEvent(error: NonNullable<Chunk['error']>, { target, learned }: Client): Finding {
  const { message, kind, param, status } = error;
  const body = JSON.stringify({ error: { message, type: kind, param } });
  return explainRefusal({ status: status ?? 500, headers: {}, body }, target, learned.model ?? '');
}

async function read(client: Client, fields: Fields, reading: Reading, signal: AbortSignal) {
  const { target, probe, learned } = client;
  const startedAt = target.clock.now().getTime();
  const take = (payload: string): void => {
    const atMs = target.clock.now().getTime() - startedAt;
    for (const chunk of decodeEvent(payload)) if (chunk !== undefined) reading.chunks.push({ chunk, atMs });
  };
  const decoder = new TextDecoder();
  const reader = createSseReader({ data: take, errorLine: take });
  const { headers, firstTokenTimeoutMs: timeoutMs } = target;
  const body = JSON.stringify({
    model: learned.model ?? '',
    ...target.extraBody,
    messages: [{ role: 'user', content: '1 + 1 = ?' }],
    max_tokens: maxTokens,
    ...fields,
    stream: true,
  });
  const asked = { method: 'POST', url: target.endpoint.chatUrl, headers, body, timeoutMs } as const;
  const head = await probe.read(
    asked,
    (bytes) => {
      reading.plain += decoder.decode(bytes, { stream: true });
      if (!reader.feed(bytes)) reading.given = 'line-too-long';
      else if (reading.chunks.length > endlessPieces) reading.given = 'endless';
      return reading.given === 'whole';
    },
    signal,
  );
  reader.end();
  return head;
}
