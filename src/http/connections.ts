import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections open at one time: platforms use a handful, and each slow one costs some 50 KB. */
export const MAX_CONNECTIONS = 512;

export type ConnectionCap = {
  /** From now until its next request this connection is being answered, and not closed for another one. */
  answering(socket: Socket): void;
};

/**
 * Keeps the number of connections bounded without shutting anyone out: beyond the cap, the oldest one that has no
 * complete request is closed for the new one. Thus any number of idle or slow peers leave room for an honest one.
 */
export function capConnections(server: Server, maxConnections: number): ConnectionCap {
  // In the order in which they began to wait.
  const waiting = new Set<Socket>();
  let open = 0;

  server.on('connection', (socket: Socket) => {
    open += 1;
    waiting.add(socket);
    socket.once('close', () => {
      open -= 1;
      waiting.delete(socket);
    });
    if (open <= maxConnections) return;
    const [oldest] = waiting;
    oldest?.destroy();
  });
  server.on('request', (request, response) => {
    response.once('close', () => {
      if (!request.socket.destroyed) waiting.add(request.socket);
    });
  });

  return { answering: (socket) => void waiting.delete(socket) };
}
