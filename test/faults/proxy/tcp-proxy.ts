import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { piecesOf, type Passed, type Toxic, type Way } from './toxic.ts';

export type ProxyOptions = {
  /** Ports on 127.0.0.1 that connections go to, in turn. Read for each new connection. */
  readonly targets: () => readonly number[];
  /** 0 ≤ x < 1, for the jitter of delays. */
  readonly random: () => number;
  /**
   * The proxy gives itself out for the server: its own address takes the place of the server's in what the server says,
   * so that addresses handed out there (of a WebSocket, say) lead through the proxy, too. For plain text only; both
   * ports have five digits, so lengths stay as they are.
   */
  readonly rewrites?: boolean;
};

/** Passes bytes between our service and a server, and spoils them as it is told. */
export type TcpProxy = {
  readonly port: number;
  /** Connections that stand now. */
  open(): number;
  /** Connections accepted so far. */
  accepted(): number;
  /** What the network does to whatever arrives from now on, on old and new connections. */
  poison(...toxics: readonly Toxic[]): void;
  /** No toxic any more; connections that were half open are broken, as a router does that lost their state. */
  heal(): void;
  /** New connections are refused and the old ones broken, as if the server's machine were gone; `heal` ends it. */
  refuse(): void;
  /** Breaks every connection that stands. */
  breakAll(how: 'cut' | 'reset'): void;
  stop(): Promise<void>;
};

type Pair = { readonly client: Socket; readonly server: Socket; starved: boolean };

/** Bytes that may wait on one way before the sender is told to wait. */
const highWaterBytes = 1 << 20;

export async function startTcpProxy(options: ProxyOptions): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const stopping = new AbortController();
  let toxics: readonly Toxic[] = [];
  let refusing = false;
  let accepted = 0;
  let port = 0;

  function accept(client: Socket): void {
    const targets = options.targets();
    const target = targets[accepted % Math.max(1, targets.length)];
    accepted += 1;
    if (refusing || target === undefined) return void client.resetAndDestroy();
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    const pair: Pair = { client, server, starved: false };
    pairs.add(pair);
    const lead = leader(options, () => toxics, stopping.signal, { port, target, end });
    lead(pair, 'up');
    lead(pair, 'down');
    for (const socket of [client, server]) {
      // Whoever breaks a connection breaks it for both.
      socket.on('error', () => end(pair, 'reset'));
      socket.on('close', () => end(pair, 'cut'));
    }
  }

  function end(pair: Pair, how: 'cut' | 'reset'): void {
    if (!pairs.delete(pair)) return;
    for (const socket of [pair.client, pair.server]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroySoon();
    }
  }

  const breakAll = (how: 'cut' | 'reset', which: (pair: Pair) => boolean = () => true): void => {
    for (const pair of [...pairs].filter(which)) end(pair, how);
  };
  const server = createServer({ noDelay: true }, accept);
  port = await listen(server);
  return {
    port,
    open: () => pairs.size,
    accepted: () => accepted,
    poison: (...next) => (toxics = next),
    heal() {
      toxics = [];
      refusing = false;
      breakAll('reset', ({ starved }) => starved);
    },
    refuse() {
      refusing = true;
      breakAll('reset');
    },
    breakAll: (how) => breakAll(how),
    async stop() {
      stopping.abort();
      breakAll('reset');
      server.close();
      await once(server, 'close');
    },
  };
}

/** Ports with five digits only, so that one address can stand in for another. */
async function listen(server: Server): Promise<number> {
  for (;;) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    if (address.port >= 10_000) return address.port;
    server.close();
    await once(server, 'close');
  }
}

type Ports = { readonly port: number; readonly target: number };
type Leading = Ports & { readonly end: (pair: Pair, how: 'cut' | 'reset') => void };

/** Leads one way of a connection: pieces leave one after the other, each after its wait. */
function leader(
  { random, rewrites = false }: ProxyOptions,
  toxics: () => readonly Toxic[],
  signal: AbortSignal,
  { end: ends, ...ports }: Leading,
): (pair: Pair, way: Way) => void {
  return (pair, way) => {
    const [from, to] = way === 'up' ? [pair.client, pair.server] : [pair.server, pair.client];
    const passed: Passed = { bytes: 0 };
    let waiting = 0;
    let line: Promise<void> = Promise.resolve();

    async function pass(chunk: Buffer): Promise<void> {
      const pieces = piecesOf(chunk, way, toxics(), passed, random);
      if (pieces.length === 0) pair.starved = true;
      for (const { bytes, waitMs, end } of pieces) {
        if (waitMs > 0) await wait(waitMs, undefined, { signal }).catch(() => undefined);
        if (to.destroyed) break;
        if (bytes.length > 0) to.write(bytes);
        if (end !== undefined) ends(pair, end);
      }
      waiting -= chunk.length;
      if (waiting < highWaterBytes) from.resume();
    }

    from.on('data', (chunk: Buffer) => {
      waiting += chunk.length;
      if (waiting > highWaterBytes) from.pause();
      const said = rewrites ? readdressed(chunk, way, ports) : chunk;
      line = line.then(() => pass(said));
    });
    // What was said before the end arrives before it.
    from.on('end', () => {
      line = line.then(() => void to.end());
    });
  };
}

function readdressed(chunk: Buffer, way: Way, { port, target }: Ports): Buffer {
  const [theirs, ours] = [`127.0.0.1:${target}`, `127.0.0.1:${port}`];
  const [found, put] = way === 'down' ? [theirs, ours] : [ours, theirs];
  if (found.length !== put.length || !chunk.includes(found)) return chunk;
  return Buffer.from(chunk.toString('latin1').replaceAll(found, put), 'latin1');
}
