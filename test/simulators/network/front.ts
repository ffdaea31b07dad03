import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { listen, type Certificate, type Listening } from './listening.ts';

/** What stands before a simulator as a platform's gateway does: HTTP and WebSockets, by TLS, under a path. */
export type Front = { readonly port: number; stop(): Promise<void> };

export type FrontOptions = {
  /** `http://127.0.0.1:port`. */
  readonly target: string;
  /** Such as `/lark`; what comes without it is not found. */
  readonly prefix: string;
  readonly tls: Certificate | undefined;
  /** Makes the addresses in the simulator's words those of its fronts. */
  readonly rewrite: (text: string) => string;
};

export async function startFront(options: FrontOptions): Promise<Front> {
  const listening = await listen(options.tls);
  listening.server.on('request', (asked: IncomingMessage, answer: ServerResponse) =>
    forward(options, asked, answer),
  );
  const relay = createRelay(options, listening);
  listening.server.on('upgrade', relay);
  return { port: listening.port, stop: listening.stop };
}

/** The path behind the prefix; undefined where it is not under it. */
function pathOf({ url = '' }: IncomingMessage, prefix: string): string | undefined {
  const rest = url.startsWith(prefix) ? url.slice(prefix.length) : undefined;
  return rest === '' ? '/' : rest?.startsWith('/') === true ? rest : undefined;
}

function forward(
  { target, prefix, rewrite }: FrontOptions,
  asked: IncomingMessage,
  answer: ServerResponse,
): void {
  const path = pathOf(asked, prefix);
  if (path === undefined) return void answer.writeHead(404).end();
  const { hostname, port, host } = new URL(target);
  const upstream = request(
    { hostname, port, path, method: asked.method, headers: { ...asked.headers, host } },
    (given) => {
      const { statusCode = 502, headers } = given;
      // A stream of a model's answer grows, and holds no addresses.
      if (!/json|xml|plain/.test(headers['content-type'] ?? '')) {
        answer.writeHead(statusCode, headers);
        return void given.pipe(answer);
      }
      const pieces: Buffer[] = [];
      given.on('data', (piece: Buffer) => pieces.push(piece));
      given.on('end', () => {
        const body = Buffer.from(rewrite(Buffer.concat(pieces).toString('utf8')));
        const told = { ...headers, 'content-length': String(body.byteLength) };
        Reflect.deleteProperty(told, 'transfer-encoding');
        answer.writeHead(statusCode, told).end(body);
      });
    },
  );
  upstream.on('error', () => answer.destroy());
  asked.pipe(upstream);
}

function createRelay({ target, prefix, rewrite }: FrontOptions, { keep }: Listening) {
  const sockets = new WebSocketServer({ noServer: true });
  const pass = (to: WebSocket, data: RawData, isBinary: boolean): void => {
    to.send(isBinary ? data : rewrite(textOf(data)), { binary: isBinary });
  };
  return (asked: IncomingMessage, socket: Duplex, head: Buffer): void => {
    keep(socket);
    const path = pathOf(asked, prefix);
    if (path === undefined) return void socket.destroy();
    const upstream = new WebSocket(`${target.replace(/^http/, 'ws')}${path}`);
    upstream.on('error', () => socket.destroy());
    upstream.once('open', () => {
      sockets.handleUpgrade(asked, socket, head, (client) => {
        client.on('message', (data, isBinary) => pass(upstream, data, isBinary));
        upstream.on('message', (data, isBinary) => pass(client, data, isBinary));
        upstream.once('close', () => client.close());
        client.once('close', () => upstream.terminate());
      });
    });
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}
