import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';

export type Certificate = { readonly cert: Buffer; readonly key: Buffer };

/** A server on 127.0.0.1 that can be stopped with all that hangs on it. */
export type Listening = {
  readonly server: Server;
  readonly port: number;
  /** `socket` is ended when the server stops: Node forgets sockets that were upgraded. */
  keep(socket: Duplex): void;
  stop(): Promise<void>;
};

export async function listen(tls: Certificate | undefined): Promise<Listening> {
  const server = tls === undefined ? createServer() : createTlsServer({ ...tls });
  const kept = new Set<Duplex>();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    server,
    port: address.port,
    keep(socket) {
      kept.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => kept.delete(socket));
    },
    async stop() {
      for (const socket of kept) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
