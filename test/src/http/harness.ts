import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { WebhookRequest, WebhookResponse, WebhookRoute } from '../../../src/contract/adapter.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { systemClock } from '../../../src/clock.ts';
import type { HealthSources } from '../../../src/http/health.ts';
import { createHttpServer, HTTP_LIMITS, type HttpLimits, type HttpServer } from '../../../src/http/server.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { createLogger } from '../../../src/log.ts';
import { PassThrough } from 'node:stream';

export const WEBHOOK = '/webhooks/parrot';

export type Started = {
  readonly server: HttpServer;
  readonly port: number;
  /** What reached the platform's handler. */
  readonly received: WebhookRequest[];
  readonly logged: () => string;
};

export type StartOptions = {
  readonly handle?: (request: WebhookRequest) => Promise<WebhookResponse>;
  readonly methods?: WebhookRoute['methods'];
  readonly health?: Partial<HealthSources>;
  readonly metricsToken?: string;
  readonly limits?: Partial<HttpLimits>;
  readonly clock?: Clock;
  readonly host?: string;
};

const started: HttpServer[] = [];

/** A real server on a free port with one webhook, which answers 401 unless the body is `good`. */
export async function start(options: StartOptions = {}): Promise<Started> {
  const received: WebhookRequest[] = [];
  const route: WebhookRoute = {
    methods: options.methods ?? ['POST'],
    path: WEBHOOK,
    async handle(message) {
      received.push(message);
      if (options.handle !== undefined) return options.handle(message);
      return Buffer.from(message.body).toString() === 'good' ? { status: 200, body: '{}' } : { status: 401 };
    },
  };
  const destination = new PassThrough();
  let text = '';
  destination.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const clock = options.clock ?? systemClock;
  const server = createHttpServer(
    {
      host: options.host ?? '127.0.0.1',
      port: 0,
      routes: [route],
      health: {
        store: () => 'up',
        engine: 'sqlite',
        platforms: () => [],
        models: () => [],
        waitsFor: () => undefined,
        stopping: () => false,
        ...options.health,
      },
      metrics: createMetrics({ droppedLogLines: () => 0 }).registry,
      metricsToken: options.metricsToken,
      log: createLogger({ level: 'debug', secrets: [], destination, clock }),
      clock,
    },
    { ...HTTP_LIMITS, ...options.limits },
  );
  started.push(server);
  const { port } = await server.start();
  return { server, port, received, logged: () => text };
}

/** For `afterEach`. */
export async function stopAll(): Promise<void> {
  await Promise.all(started.splice(0).map((server) => server.stop(0)));
}

export type Reply = {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
};

export type Call = {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
  /** Address to come from; the whole of 127.0.0.0/8 is this machine. */
  readonly from?: string;
  readonly host?: string;
};

/** One request over a connection of its own; the path is sent as it is. */
export function call(
  port: number,
  { path, method = 'POST', headers, body, from, host = '127.0.0.1' }: Call,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host, port, path, method, headers: headers ?? {}, localAddress: from, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A bare TCP connection; `closed` resolves with everything the server said. */
export async function open(
  port: number,
): Promise<{ socket: Socket; closed: Promise<string>; said: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await once(socket, 'connect');
  return { socket, closed, said: () => text };
}
