import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Clock } from '../contract/runtime.ts';
import { decodeChunk } from './chunk.ts';
import { failureFromRefusal, type SentRequest } from './errors.ts';
import type { Failure } from './failure.ts';
import { failureFromThrown } from './network-failure.ts';
import { createPatience } from './patience.ts';
import { type AnswerOutcome, readAnswer } from './read-answer.ts';
import { readRetryAfter, readText } from './response-text.ts';
import type { Server } from './server.ts';
import type { SplitPart } from './think-splitter.ts';
import { link } from './within.ts';

export type AttemptOptions = {
  readonly server: Server;
  readonly body: string;
  readonly sent: SentRequest;
  readonly opened: boolean;
  readonly clock: Clock;
  /** What is left of the time to the first token. */
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
};

/** An error body is read no further than this. */
const maxErrorBytes = 65_536;
/** A whole answer in one JSON body, from a server that ignores `stream`. */
const maxWholeBytes = 1_000_000;

/** Sends the request once and reads what comes. Never throws; the connection is closed whenever it returns. */
export async function attempt(
  options: AttemptOptions,
  give: (part: SplitPart) => void,
): Promise<AnswerOutcome> {
  const { server, clock, firstTokenTimeoutMs, signal } = options;
  const connection = new AbortController();
  const unlink = link(signal, connection);
  const patience = createPatience(clock, firstTokenTimeoutMs, () => connection.abort());
  patience.wait();
  try {
    const response = await server.transport.post(
      server.endpoint.chatUrl,
      server.headers,
      options.body,
      connection.signal,
    );
    // The body also errors when it is cut after its last reader has left.
    response.body.on('error', () => undefined);
    const opening = await inspect(response, options);
    if ('failure' in opening) return { type: 'failed', failure: opening.failure };
    const cut = (): void => connection.abort();
    const reading = { ...options, bytes: opening.bytes, cut, onFirstToken: patience.stop };
    const outcome = await readAnswer(reading, give);
    return patience.expired() && outcome.type === 'failed'
      ? { type: 'failed', failure: tooLate(firstTokenTimeoutMs) }
      : outcome;
  } catch (error) {
    return {
      type: 'failed',
      failure: patience.expired() ? tooLate(firstTokenTimeoutMs) : failureFromThrown(error),
    };
  } finally {
    patience.stop();
    unlink();
    connection.abort();
  }
}

type Opening = { readonly bytes: Readable } | { readonly failure: Failure };

/** Status and kind of the answer, before any of it is read as a stream. */
async function inspect(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { sent, clock }: AttemptOptions,
): Promise<Opening> {
  const kind = String(headers['content-type'] ?? '').toLowerCase();
  if (statusCode !== 200) {
    const retryAfterMs = readRetryAfter(headers['retry-after'], clock.now());
    return {
      failure: failureFromRefusal(
        { status: statusCode, body: await readText(body, maxErrorBytes), retryAfterMs },
        sent,
      ),
    };
  }
  if (kind.startsWith('text/html')) {
    const refusal = failureFromRefusal(
      { status: 200, body: await readText(body, maxErrorBytes), retryAfterMs: undefined },
      sent,
    );
    return { failure: { fault: { ...refusal.fault, code: 'not-openai' }, retry: 'no' } };
  }
  return { bytes: kind.startsWith('application/json') ? Readable.from(wholeAsStream(body)) : body };
}

/**
 * One JSON body read as a stream of a single event. It is whole, so that a home-made server may leave out the finish
 * reason; what is no JSON becomes an event that is not recognised.
 */
async function* wholeAsStream(body: Dispatcher.ResponseData['body']): AsyncGenerator<Uint8Array> {
  const text = (await readText(body, maxWholeBytes)).replaceAll(/[\r\n]+/g, ' ');
  yield Buffer.from(`data: ${text}\n\n`);
  if ((decodeChunk(text)?.text ?? '') !== '')
    yield Buffer.from('data: {"choices":[{"finish_reason":"stop"}]}\n\n');
}

function tooLate(limitMs: number): Failure {
  return { fault: { code: 'first-token-timeout', evidence: `no token within ${limitMs} ms` }, retry: 'no' };
}
