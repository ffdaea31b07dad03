import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Closes a socket that has been idle for `idleMs`, to the millisecond and without a `Keep-Alive` hint, as uvicorn does.
 * Node's own `keepAliveTimeout` tells the client and adds a second.
 */
export function closeIdleSockets(server: Server, idleMs: number): void {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  server.on('request', ({ socket }, response) => {
    clearTimeout(timers.get(socket));
    response.once('finish', () => timers.set(socket, setTimeout(() => socket.destroy(), idleMs).unref()));
  });
}
