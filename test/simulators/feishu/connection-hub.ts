import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { createConnection, type ConnectionOptions, type SimConnection } from './connection.ts';

export type HubOptions = ConnectionOptions & { readonly maxConnections: number };

export type ConnectionHub = {
  readonly config: ConnectionOptions['config'];
  connections(): readonly SimConnection[];
  /** Any of the open connections; the platform sends each event to one at random. */
  any(): SimConnection | undefined;
  /** The address for one client; its ticket opens one connection. */
  address(baseUrl: string): string;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Resolves when `count` connections are open; rejects with the signal's reason when that aborts first. */
  connected(count: number, signal: AbortSignal): Promise<void>;
  close(): void;
};

const rememberedTickets = 1000;

export function createConnectionHub(options: HubOptions): ConnectionHub {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const changed = new EventEmitter().setMaxListeners(0);
  const open = new Map<string, { readonly connection: SimConnection; readonly socket: WebSocket }>();

  function accept(socket: WebSocket, serviceId: number): void {
    const connection = createConnection(socket, serviceId, options, () => changed.emit('ready'));
    open.set(connection.id, { connection, socket });
    socket.on('close', () => open.delete(connection.id));
  }

  const ready = (): readonly SimConnection[] =>
    [...open.values()].map(({ connection }) => connection).filter((connection) => connection.ready());

  return {
    config: options.config,
    connections: () => [...open.values()].map(({ connection }) => connection),
    any() {
      const all = ready();
      return all[Math.floor(options.random() * all.length)];
    },
    address(baseUrl) {
      const ticket = options.ids.uuid();
      tickets.add(ticket);
      const oldest = tickets.values().next().value;
      if (tickets.size > rememberedTickets && oldest !== undefined) tickets.delete(oldest);
      const query = new URLSearchParams({
        // The SDK parses the whole address as a query string, so neither id may come first.
        fpid: '493',
        aid: '552564',
        device_id: String(7_000_000 + tickets.size),
        access_key: options.ids.hex(32),
        service_id: '33554678',
        ticket,
      });
      return `${baseUrl.replace(/^http/, 'ws')}/ws/v2?${query.toString()}`;
    },
    upgrade(request, socket, head) {
      const query = new URL(request.url ?? '/', 'http://feishu.invalid').searchParams;
      if (!tickets.delete(query.get('ticket') ?? '')) return refuse(socket, 514, 'auth failed');
      if (open.size >= options.maxConnections) return refuse(socket, 1000040350, 'exceed connection limit');
      server.handleUpgrade(request, socket, head, (client) =>
        accept(client, Number(query.get('service_id'))),
      );
    },
    async connected(count, signal) {
      while (ready().length < count) await once(changed, 'ready', { signal });
    },
    close() {
      for (const { socket } of open.values()) socket.terminate();
      server.close();
    },
  };
}

function refuse(socket: Duplex, code: number, message: string): void {
  const headers = [
    `Handshake-Status: ${code}`,
    `Handshake-Msg: ${message}`,
    `Handshake-Autherrcode: ${code}`,
  ];
  socket.end(`HTTP/1.1 403 Forbidden\r\n${headers.join('\r\n')}\r\nConnection: close\r\n\r\n`);
}
