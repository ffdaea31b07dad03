import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../contract/runtime.ts';
import { createApp, type AppOptions } from './app.ts';
import { capConnections, MAX_CONNECTIONS } from './connections.ts';
import { createFailureLimit, MAX_FAILURES } from './failure-limit.ts';
import { createBodyReader } from './raw-body.ts';

/** What one peer may cost before it is known who it is. */
export type HttpLimits = {
  /** How long a peer may take to send its headers. */
  readonly headersTimeoutMs: number;
  /** How long it may take for its whole request. */
  readonly requestTimeoutMs: number;
  /** How often Node looks for late peers. */
  readonly timeoutCheckMs: number;
  readonly maxConnections: number;
  readonly maxFailures: number;
};

export const HTTP_LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  timeoutCheckMs: 1000,
  maxConnections: MAX_CONNECTIONS,
  maxFailures: MAX_FAILURES,
};

const KEEP_ALIVE_TIMEOUT_MS = 5000;
const MAX_HEADER_BYTES = 16 * 1024;

export type HttpServerOptions = Omit<AppOptions, 'failures' | 'readBody' | 'received'> & {
  readonly host: string;
  /** 0 lets the system choose a free port. */
  readonly port: number;
  readonly clock: Clock;
};

export type HttpServer = {
  /** Resolves when it listens, with the port; rejects with one sentence when it cannot. */
  start(): Promise<{ readonly port: number }>;
  /** Takes no new connection, lets requests in progress end for `graceMs`, then cuts them. Idempotent. */
  stop(graceMs: number): Promise<void>;
};

/** Webhooks, health and metrics over HTTP. Changes of `limits` are for tests. */
export function createHttpServer(
  { host, port, clock, ...options }: HttpServerOptions,
  limits: HttpLimits = HTTP_LIMITS,
): HttpServer {
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const connections = capConnections(server, limits.maxConnections);
  const app = createApp({
    ...options,
    failures: createFailureLimit(clock, limits.maxFailures),
    readBody: createBodyReader(),
    received: ({ socket }: IncomingMessage) => connections.answering(socket),
  });
  const answer = app.callback();
  server.on('request', (request, response) => void answer(request, response));

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(host, port, cause)));
        server.listen(port, host, () => resolve({ port: (server.address() as AddressInfo).port }));
      }),
    async stop(graceMs) {
      if (!server.listening) return;
      const closed = new AbortController();
      server.close(() => closed.abort());
      await clock.sleep(graceMs, closed.signal);
      server.closeAllConnections();
    },
  };
}

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process listens there; set PORT to a free port',
    EACCES: 'this user may not listen there; set PORT to 1024 or above',
    EADDRNOTAVAIL: 'this machine has no such address; set HOST to one it has',
    ENOTFOUND: 'this name has no address; set HOST to one this machine has',
  };
  const reason = reasons[cause.code ?? ''] ?? cause.code ?? 'unknown reason';
  return new Error(`Cannot listen on HOST ${host}, PORT ${port}: ${reason}.`, { cause });
}
