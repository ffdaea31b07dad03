import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';

export type TransportOptions = {
  /** Chats that may run at once; two more sockets are kept for the moments between. */
  readonly maxConcurrency: number;
  readonly proxy: string | undefined;
};

/** The two pools of one server: a full house of chats must not look like an outage to the health watch. */
export type Transport = {
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData>;
  get(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData>;
  /** A question about the server that wants a body; travels beside the chats, as `get` does. */
  query(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
};

/** Shorter than the 5 seconds after which uvicorn (vLLM, SGLang, LMDeploy) closes an idle socket. */
const keepAliveMs = 3_000;
const connectTimeoutMs = 4_000;

/** No redirects are followed, HTTP/1.1 only, and no time limits but the connect timeout: the caller has its own. */
export function createTransport({ maxConcurrency, proxy }: TransportOptions): Transport {
  const chats = createPool(maxConcurrency + 2, proxy);
  const checks = createPool(2, proxy);
  return {
    post: (url, headers, body, signal) =>
      request(url, { method: 'POST', headers, body, signal, dispatcher: chats }),
    get: (url, headers, signal) => request(url, { method: 'GET', headers, signal, dispatcher: checks }),
    query: (url, headers, body, signal) =>
      request(url, { method: 'POST', headers, body, signal, dispatcher: checks }),
    async close() {
      await Promise.all([chats.destroy(), checks.destroy()]);
    },
  };
}

function createPool(connections: number, proxy: string | undefined): Dispatcher {
  const options = {
    connections,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect: { timeout: connectTimeoutMs },
  };
  return proxy === undefined ? new Agent(options) : new ProxyAgent({ ...options, uri: proxy });
}
