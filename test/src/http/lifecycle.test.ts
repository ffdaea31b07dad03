import { afterEach, expect, it } from 'vitest';
import { createHttpServer } from '../../../src/http/server.ts';
import { createFailureLimit, MAX_PEERS } from '../../../src/http/failure-limit.ts';
import { isLoopback, peerAddress, peerKey } from '../../../src/http/peers.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { call, open, start, stopAll, WEBHOOK } from './harness.ts';

afterEach(stopAll);

it('says which port is taken and by which setting to change it', async () => {
  const { port, server } = await start();
  const second = createHttpServer({
    host: '127.0.0.1',
    port,
    routes: [],
    health: {
      store: () => 'up',
      engine: 'sqlite',
      platforms: () => [],
      models: () => [],
      waitsFor: () => undefined,
      stopping: () => false,
    },
    metrics: { contentType: 'text/plain', metrics: async () => '' },
    metricsToken: undefined,
    log: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, addSecret() {} },
    clock: createFakeClock(),
  });
  await expect(second.start()).rejects.toThrow(`PORT ${port}: another process listens there`);
  await second.stop(0);
  await server.stop(0);
  await server.stop(0);
});

it('lets a request in progress end, takes no new one, and cuts what is left after the grace', async () => {
  let finish: (() => void) | undefined;
  const answered = new Promise<void>((resolve) => (finish = resolve));
  const { port, server, received } = await start({
    handle: async () => {
      await answered;
      return { status: 200, body: 'done' };
    },
  });
  const reply = call(port, { path: WEBHOOK, body: 'good' });
  while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const stopped = server.stop(60_000);
  await expect(call(port, { path: '/healthz', method: 'GET' })).rejects.toThrow('ECONNREFUSED');
  finish?.();
  expect((await reply).body).toBe('done');
  await stopped;
});

it('cuts a connection that is still open when the grace is over', async () => {
  const { port, server } = await start({ handle: () => new Promise(() => undefined) });
  const { socket, closed } = await open(port);
  socket.write(`POST ${WEBHOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ngood`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await server.stop(10);
  expect(await closed).toBe('');
});

it('remembers a bounded number of peers that failed', () => {
  const limit = createFailureLimit(createFakeClock(), 3);
  for (let peer = 0; peer < MAX_PEERS + 5000; peer += 1) limit.recordFailure(`10.${peer}`);
  expect(limit.size()).toBe(MAX_PEERS);
});

it('takes a peer for one whatever of its addresses it uses', () => {
  expect(peerAddress('::ffff:10.0.0.1')).toBe('10.0.0.1');
  expect(peerKey('10.0.0.1')).toBe('10.0.0.1');
  expect(peerKey('2001:db8:1:2:aaaa::1')).toBe(peerKey('2001:DB8:1:2::ffff'));
  expect(peerKey('2001:db8::1')).not.toBe(peerKey('2001:db8:0:1::1'));
  expect(peerKey('fe80::1%eth0')).toBe(peerKey('fe80::2'));
  expect(['::1', '127.0.0.1', '127.9.9.9'].map(isLoopback)).toEqual([true, true, true]);
  expect(['10.0.0.1', '::2', '1270.0.0.1', ''].map(isLoopback)).toEqual([false, false, false, false]);
});
