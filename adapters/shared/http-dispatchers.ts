import { Agent, buildConnector, ProxyAgent, type Dispatcher } from 'undici';
import { codeOf, notReachedCodes } from './error-code.ts';
import { openTunnel, ProxyFailure } from './proxy-tunnel.ts';

export type Dispatchers = {
  /** The connections to use for this URL. */
  for(url: URL, proxy: string | undefined): Dispatcher;
  /** Ends connections, also those being opened, and whatever is under way. */
  close(): Promise<void>;
};

const CONNECT_TIMEOUT_MS = 5_000;
/** Shorter than the usual 60–75 s of gateways, so that we never write into a connection being closed at their end. */
const KEEP_ALIVE_MS = 20_000;
/** Connections to one origin; more calls wait. */
const MAX_CONNECTIONS = 64;

/** Connections kept alive, one pool for each proxy and way of using it: the environment names at most a few. */
export function createDispatchers(timeoutMs: number): Dispatchers {
  const known = new Map<string, Dispatcher>();
  const over = new AbortController();
  const settings = {
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connections: MAX_CONNECTIONS,
    allowH2: false,
  };

  function create({ protocol }: URL, proxy: string | undefined): Dispatcher {
    if (proxy === undefined) return new Agent(settings);
    if (protocol === 'https:') return new Agent({ ...settings, connect: tunnelling(proxy, over.signal) });
    // Plain requests go to the proxy by their whole URL: many let CONNECT pass to port 443 only.
    return new ProxyAgent({ ...settings, uri: proxy, connectTimeout: CONNECT_TIMEOUT_MS });
  }

  return {
    for(url, proxy) {
      const key = proxy === undefined ? '' : `${url.protocol} ${proxy}`;
      const dispatcher = known.get(key) ?? create(url, proxy);
      known.set(key, dispatcher);
      return dispatcher;
    },
    async close() {
      over.abort();
      await Promise.all([...known.values()].map((dispatcher) => dispatcher.destroy()));
      known.clear();
    },
  };
}

/** By CONNECT, then TLS with the platform itself. */
function tunnelling(proxy: string, over: AbortSignal): buildConnector.connector {
  const secure = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false });
  return (options, callback) => {
    const { hostname: host, port } = options;
    const signal = AbortSignal.any([over, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]);
    openTunnel({ proxy, host, port: port === '' ? 443 : Number(port), signal }).then(
      (httpSocket) => {
        secure({ ...options, httpSocket }, callback);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error('no tunnel', { cause: error }), null);
      },
    );
  };
}

/** Where a plain request goes by its whole URL, what cannot be reached is the proxy; the last is undici's for a 407. */
const PROXY_NOT_REACHED: ReadonlySet<string> = new Set([...notReachedCodes, 'UND_ERR_INVALID_ARG']);

/** Names the proxy where it was the proxy's doing. */
export function failureOnTheWay(error: unknown, { protocol }: URL, proxy: string | undefined): unknown {
  const code = codeOf(error);
  if (proxy === undefined || protocol === 'https:' || !PROXY_NOT_REACHED.has(code)) return error;
  return new ProxyFailure(proxy, code === 'UND_ERR_INVALID_ARG' ? '407' : code);
}
