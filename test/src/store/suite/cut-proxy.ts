import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between the store and its server, and cuts a connection in the middle of a commit. */
export type CutProxy = {
  readonly url: string;
  /** `before`: the server never hears of the next commit. `after`: it carries it out, and nobody hears its answer. */
  cutNextCommit(when: 'before' | 'after'): void;
  /** How often it has cut. */
  readonly cuts: () => number;
  stop(): Promise<void>;
};

/** As the protocol ends a statement's text. */
const commit = Buffer.from('commit\0');

export async function startCutProxy(server: string): Promise<CutProxy> {
  const target = new URL(server);
  let next: 'before' | 'after' | undefined;
  let cuts = 0;
  const open = new Set<Socket>();

  const listener = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let deaf = false;
    const cut = (): void => {
      cuts += 1;
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes) => {
      const when = bytes.includes(commit) ? next : undefined;
      if (when !== undefined) next = undefined;
      if (when === 'before') return cut();
      deaf ||= when === 'after';
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (deaf) cut();
      else near.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(server);
  url.port = String(address.port);
  return {
    url: url.href,
    cutNextCommit: (when) => (next = when),
    cuts: () => cuts,
    async stop() {
      for (const socket of open) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
