import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { FaultQueue } from '../feishu/http-faults.ts';
import { createConnection, type Registration, type SimConnection } from './connection.ts';
import type { Platform } from './platform.ts';

/** What `connections/open` hands out. */
export type Ticket = { readonly endpoint: string; readonly ticket: string };

export type ConnectionHub = {
  /** A ticket for one connection, good for 90 s. */
  register(registration: Registration): Ticket;
  /** Every registration so far, oldest first; bounded. */
  registrations(): readonly Registration[];
  connections(): readonly SimConnection[];
  /** Any open connection that subscribed to the topic; the platform chooses at random. */
  any(type: string, topic: string): SimConnection | undefined;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Resolves when at least `count` connections (for 0: none) are open and not leaving; rejects when the signal aborts. */
  connected(count: number, signal: AbortSignal): Promise<void>;
  /** WebSocket handshakes so far: accepted and refused. */
  handshakes(): { readonly accepted: number; readonly refused: number };
  close(): void;
};

const rememberedTickets = 10_000;
const rememberedRegistrations = 10_000;

export function createConnectionHub(platform: Platform, faults: FaultQueue): ConnectionHub {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Map<string, { readonly registration: Registration; readonly expiresMs: number }>();
  const registrations: Registration[] = [];
  const changed = new EventEmitter().setMaxListeners(0);
  const open = new Map<string, { readonly connection: SimConnection; readonly socket: WebSocket }>();
  const handshakes = { accepted: 0, refused: 0 };

  function accept(socket: WebSocket, registration: Registration): void {
    const connection = createConnection(socket, registration, platform);
    open.set(connection.id, { connection, socket });
    handshakes.accepted += 1;
    greet(connection, platform);
    socket.on('close', () => {
      open.delete(connection.id);
      announce();
    });
    announce();
  }

  function announce(): void {
    changed.emit('change');
    platform.changes.emit({ type: 'connections-changed', open: open.size });
  }

  function refuse(socket: Duplex, status: number, reason: string): void {
    handshakes.refused += 1;
    socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const fault = faults.take('stream.connect');
    if (fault?.kind === 'delay') await platform.clock.sleep(fault.milliseconds, platform.stopped);
    if (fault?.kind === 'answer') return refuse(socket, fault.status, 'Injected');
    if (fault?.kind === 'drop-before') return void socket.destroy();
    const url = new URL(request.url ?? '/', 'http://dingtalk.invalid');
    const ticket = url.searchParams.get('ticket') ?? '';
    const known = tickets.get(ticket);
    tickets.delete(ticket);
    if (url.pathname !== '/connect') return refuse(socket, 404, 'Not Found');
    if (known === undefined || known.expiresMs <= platform.now()) return refuse(socket, 401, 'Unauthorized');
    server.handleUpgrade(request, socket, head, (client) => accept(client, known.registration));
  }

  const all = (): readonly SimConnection[] => [...open.values()].map(({ connection }) => connection);
  const staying = (): readonly SimConnection[] => all().filter((connection) => !connection.leaving());

  return {
    register(registration) {
      const ticket = platform.ids.uuid();
      tickets.set(ticket, { registration, expiresMs: platform.now() + platform.rules.limits.ticketMs });
      const oldest = tickets.keys().next().value;
      if (tickets.size > rememberedTickets && oldest !== undefined) tickets.delete(oldest);
      registrations.push(registration);
      if (registrations.length > rememberedRegistrations) registrations.shift();
      return { endpoint: `${platform.urls.api.replace(/^http/, 'ws')}/connect`, ticket };
    },
    registrations: () => [...registrations],
    connections: all,
    any(type, topic) {
      const subscribed = all().filter(({ registration }) =>
        registration.subscriptions.some((wanted) => wanted.type === type && wanted.topic === topic),
      );
      const candidates = subscribed.filter((connection) => !connection.leaving());
      const choice = platform.rules.choosesLeaving || candidates.length === 0 ? subscribed : candidates;
      return choice[Math.floor(platform.random() * choice.length)];
    },
    upgrade: (request, socket, head) => void upgrade(request, socket, head),
    async connected(count, signal) {
      const reached = (): boolean => (count === 0 ? staying().length === 0 : staying().length >= count);
      while (!reached()) await once(changed, 'change', { signal });
    },
    handshakes: () => ({ ...handshakes }),
    close() {
      for (const { socket } of open.values()) socket.terminate();
      server.close();
    },
  };
}

/** Frames after the handshake, as far as the rules have any. */
function greet(connection: SimConnection, { rules, random }: Platform): void {
  if (rules.connectedFrame) connection.sendSystem('CONNECTED');
  const registered =
    rules.registeredFrame === 'always' || (rules.registeredFrame === 'sometimes' && random() < 0.5);
  if (registered) connection.sendSystem('REGISTERED');
}
