import { request, type Dispatcher } from 'undici';
import type { Clock } from '../../src/contract/runtime.ts';
import { createDispatchers, failureOnTheWay } from './http-dispatchers.ts';
import { HttpFailure, toHttpFailure } from './http-failure.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type HttpCall = {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
};

/** Header names in lower case; of a repeated header the first value. */
export type HttpAnswer<Body> = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
};

/** Rejects with `HttpFailure` only; an answer with any status is an answer. Redirects are not followed. */
export type HttpClient = {
  /** The whole answer as text, at most `maxBytes` of it, within `timeoutMs` in all. */
  exchange(call: HttpCall): Promise<HttpAnswer<string>>;
  /** Headers within `timeoutMs`; the body as it arrives, with no more than `timeoutMs` between two pieces. */
  open(call: HttpCall): Promise<HttpAnswer<AsyncIterable<Uint8Array>>>;
  /** Ends connections and whatever is under way. */
  close(): Promise<void>;
};

type HttpOptions = {
  readonly clock: Clock;
  readonly proxyFor: (url: URL) => string | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
};

/** HTTP for platform APIs: bounded in time and bytes, kept alive, through the proxy where one is set for the host. */
export function createHttp({ clock, proxyFor, timeoutMs, maxBytes }: HttpOptions): HttpClient {
  const dispatchers = createDispatchers(timeoutMs);

  async function send(
    call: HttpCall,
    signal: AbortSignal,
  ): Promise<HttpAnswer<Dispatcher.ResponseData['body']>> {
    const url = new URL(call.url);
    const proxy = proxyFor(url);
    const { statusCode, headers, body } = await request(url, {
      dispatcher: dispatchers.for(url, proxy),
      method: call.method,
      headers: { ...call.headers },
      body: call.body ?? null,
      signal,
    }).catch((error: unknown) => {
      throw failureOnTheWay(error, url, proxy);
    });
    return { status: statusCode, headers: firstValues(headers), body };
  }

  /** Runs `work` with a signal that also aborts when the time is over. */
  async function within<Result>(
    call: HttpCall,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const everSent = !call.signal.aborted;
    const done = new AbortController();
    const late = new AbortController();
    void clock.sleep(timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) late.abort();
    });
    try {
      return await work(AbortSignal.any([call.signal, late.signal]));
    } catch (error) {
      throw toHttpFailure(error, call.signal, late.signal.aborted, everSent);
    } finally {
      done.abort();
    }
  }

  return {
    exchange: (call) =>
      within(call, async (signal) => {
        const answer = await send(call, signal);
        return { ...answer, body: await readAll(answer.body, maxBytes) };
      }),
    open: (call) =>
      within(call, async (signal) => {
        const answer = await send(call, signal);
        return { ...answer, body: withFailures(answer.body, call.signal) };
      }),
    close: () => dispatchers.close(),
  };
}

async function readAll(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw new HttpFailure('too-large', `more than ${maxBytes} bytes`, 'maybe');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function* withFailures(
  body: AsyncIterable<Uint8Array>,
  caller: AbortSignal,
): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw toHttpFailure(error, caller, false, true);
  }
}

function firstValues(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name.toLowerCase(), first]];
    }),
  );
}
