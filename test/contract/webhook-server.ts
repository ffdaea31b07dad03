import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Adapter, WebhookRequest } from '../../src/contract/adapter.ts';
import type { ReceivedRequest } from './harness.ts';

/** An adapter's webhooks on a real port, as the service has them, with a memory of what came in. */
export type WebhookServer = {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly received: () => readonly ReceivedRequest[];
  stop(): Promise<void>;
};

export async function serveWebhooks({ webhooks }: Adapter): Promise<WebhookServer> {
  const received: ReceivedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    void toRequest(incoming).then(async ({ path, request }) => {
      const route = webhooks.find((known) => known.path === path);
      if (route === undefined) return outgoing.writeHead(404).end();
      received.push({ path, request });
      const { status, headers = {}, body = '' } = await route.handle(request);
      return outgoing.writeHead(status, { ...headers, connection: 'close' }).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => received,
    async stop() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function toRequest(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const pieces: Uint8Array[] = [];
  for await (const piece of incoming) if (piece instanceof Uint8Array) pieces.push(piece);
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
  const request: WebhookRequest = {
    method: incoming.method === 'GET' ? 'GET' : 'POST',
    query: url.searchParams,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(pieces),
  };
  return { path: url.pathname, request };
}
