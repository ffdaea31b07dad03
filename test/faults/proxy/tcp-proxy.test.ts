import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../simulators/feishu/random.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { piecesOf, type Toxic } from './toxic.ts';

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

/** A server that says back what it hears, with the proxy before it. */
async function echo(rewrites = false): Promise<{ readonly proxy: TcpProxy; readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  const proxy = await startTcpProxy({ targets: () => [port], random: createRandom(1), rewrites });
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    void proxy.stop();
  });
  return { proxy, port };
}

type Client = { readonly socket: Socket; heard(): string; readonly ended: Promise<'in order' | 'broken'> };

function client(port: number): Client {
  const socket = connect({ port, host: '127.0.0.1' });
  let heard = '';
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
  const ended = new Promise<'in order' | 'broken'>((resolve) => {
    socket.once('error', () => resolve('broken'));
    socket.once('end', () => resolve('in order'));
  });
  open.push(() => socket.destroy());
  return { socket, heard: () => heard, ended };
}

const say = 'hello there '.repeat(20);

describe('the fault proxy', () => {
  it.each<{ readonly toxic: Toxic }>([
    { toxic: { type: 'slice', bytes: 1, pauseMs: 0 } },
    { toxic: { type: 'delay', delayMs: 20, jitterMs: 10 } },
    { toxic: { type: 'limit', bytesPerSecond: 4_000 } },
  ])('passes everything on in order with $toxic.type', async ({ toxic }) => {
    const { proxy } = await echo();
    proxy.poison(toxic);
    const { socket, heard } = client(proxy.port);
    socket.write(say);
    await expect.poll(heard).toBe(say);
  });

  it.each([
    ['cut', 'in order'],
    ['reset', 'broken'],
  ] as const)('ends a connection with a %s after so many bytes', async (type, how) => {
    const { proxy } = await echo();
    proxy.poison({ type, afterBytes: 100, way: 'down' });
    const { socket, heard, ended } = client(proxy.port);
    socket.write(say);
    expect(await ended).toBe(how);
    expect(say.startsWith(heard())).toBe(true);
    expect(heard().length).toBeLessThanOrEqual(100);
    await expect.poll(() => proxy.open()).toBe(0);
  });

  it('keeps a half-open connection standing while nothing arrives, and breaks it when it heals', async () => {
    const { proxy } = await echo();
    const { socket, heard, ended } = client(proxy.port);
    socket.write('before');
    await expect.poll(heard).toBe('before');
    proxy.poison({ type: 'half-open' });
    socket.write('lost');
    await expect.poll(() => socket.bytesWritten).toBe(10);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(proxy.open()).toBe(1);
    expect(heard()).toBe('before');
    proxy.heal();
    expect(await ended).toBe('broken');
  });

  it('refuses while the server is gone, and lets in again afterwards', async () => {
    const { proxy } = await echo();
    const before = client(proxy.port);
    before.socket.write('hello');
    await expect.poll(before.heard).toBe('hello');
    proxy.refuse();
    expect(await before.ended).toBe('broken');
    expect(await client(proxy.port).ended).toBe('broken');
    proxy.heal();
    const after = client(proxy.port);
    after.socket.write('hello');
    await expect.poll(after.heard).toBe('hello');
  });

  it('gives itself out for the server in what the server says', async () => {
    const { proxy, port } = await echo(true);
    const { socket, heard } = client(proxy.port);
    socket.write(`{"url":"ws://127.0.0.1:${port}/x"}`);
    await expect.poll(heard).toBe(`{"url":"ws://127.0.0.1:${proxy.port}/x"}`);
  });
});

describe('what becomes of a chunk', () => {
  const harmless = fc.oneof<fc.Arbitrary<Toxic>[]>(
    fc.record({ type: fc.constant('delay' as const), delayMs: fc.nat(50), jitterMs: fc.nat(50) }),
    fc.record({
      type: fc.constant('slice' as const),
      bytes: fc.integer({ min: 1, max: 40 }),
      pauseMs: fc.nat(5),
    }),
    fc.record({ type: fc.constant('limit' as const), bytesPerSecond: fc.integer({ min: 1, max: 10_000 }) }),
  );

  it('is every byte in order, however toxics are put together', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        fc.array(harmless, { maxLength: 4 }),
        (bytes, toxics) => {
          const pieces = piecesOf(Buffer.from(bytes), 'up', toxics, { bytes: 0 }, createRandom(3));
          expect(Buffer.concat(pieces.map((piece) => piece.bytes))).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  it('is exactly the bytes before the end, counted over all chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(60), { maxLength: 20 }),
        fc.integer({ min: 1, max: 400 }),
        (sizes, afterBytes) => {
          const passed = { bytes: 0 };
          let arrived = 0;
          for (const size of sizes) {
            const pieces = piecesOf(Buffer.alloc(size), 'up', [{ type: 'cut', afterBytes }], passed, () => 0);
            arrived += pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
            if (pieces.some(({ end }) => end === 'cut')) break;
          }
          const said = sizes.reduce((sum, size) => sum + size, 0);
          expect(arrived).toBe(Math.min(said, afterBytes));
        },
      ),
    );
  });

  it('is untouched on the way the toxic is not on', () => {
    const toxic: Toxic = { type: 'half-open', way: 'down' };
    expect(piecesOf(Buffer.from('x'), 'up', [toxic], { bytes: 0 }, () => 0)).toHaveLength(1);
    expect(piecesOf(Buffer.from('x'), 'down', [toxic], { bytes: 0 }, () => 0)).toHaveLength(0);
  });
});
