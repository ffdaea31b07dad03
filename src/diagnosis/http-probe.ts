import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import type { Clock } from '../contract/runtime.ts';
import { within } from '../model/within.ts';
import { readText } from '../model/response-text.ts';

export type ProbeRequest = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
};

export type ProbeAnswer = {
  readonly status: number;
  /** Names in lower case; of a repeated header the first. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Small requests of the doctor's own, apart from the pools that answer people. */
export type HttpProbe = {
  /** Rejects as undici does; after `timeoutMs` with a `TimeoutError`. Redirects are not followed. */
  ask(asked: ProbeRequest, signal: AbortSignal): Promise<ProbeAnswer>;
  /** The same, with the body's bytes handed over as they come; resolves at its end, or when `onBytes` says false. */
  read(
    asked: ProbeRequest,
    onBytes: (bytes: Uint8Array) => boolean,
    signal: AbortSignal,
  ): Promise<Omit<ProbeAnswer, 'body'>>;
  close(): Promise<void>;
};

const connectTimeoutMs = 4_000;
const maxBodyBytes = 1_048_576;
/** More than the longest line that is read. */
const maxStreamBytes = 8_388_608;

export function createHttpProbe(clock: Clock, proxy: string | undefined): HttpProbe {
  const options = { connections: 2, pipelining: 1, allowH2: false, connect: { timeout: connectTimeoutMs } };
  const dispatcher: Dispatcher =
    proxy === undefined ? new Agent(options) : new ProxyAgent({ ...options, uri: proxy });

  async function open({ method, url, headers, body }: ProbeRequest, signal: AbortSignal) {
    const answer = await request(url, {
      method,
      headers,
      signal,
      dispatcher,
      ...(body === undefined ? {} : { body }),
    });
    answer.body.on('error', () => undefined);
    return { answer, head: { status: answer.statusCode, headers: flatten(answer.headers) } };
  }

  return {
    ask: (asked, signal) =>
      within(clock, asked.timeoutMs, signal, async (limited) => {
        const { answer, head } = await open(asked, limited);
        return { ...head, body: await readText(answer.body, maxBodyBytes) };
      }),
    read: (asked, onBytes, signal) =>
      within(clock, asked.timeoutMs, signal, async (limited) => {
        const { answer, head } = await open(asked, limited);
        let bytes = 0;
        for await (const part of answer.body as AsyncIterable<Uint8Array>) {
          bytes += part.byteLength;
          if (!onBytes(part) || bytes >= maxStreamBytes) break;
        }
        return head;
      }),
    close: () => dispatcher.destroy(),
  };
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name, first]];
    }),
  );
}
