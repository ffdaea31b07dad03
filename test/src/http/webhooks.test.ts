import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES } from '../../../src/http/raw-body.ts';
import { FAILURE_WINDOW_MS } from '../../../src/http/failure-limit.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { call, open, start, stopAll, WEBHOOK } from './harness.ts';

afterEach(stopAll);

describe('a webhook', () => {
  it('gets the bytes, the query and the headers as they were sent', async () => {
    const { port, received } = await start({
      handle: async () => ({
        status: 200,
        body: '{"ok":true}',
        headers: { 'content-type': 'application/json' },
      }),
    });
    const body = Buffer.from([0, 255, 10, 13, 0xe4, 0xbd, 0xa0]);
    const reply = await call(port, {
      path: `${WEBHOOK}?a=1&b=%2F`,
      headers: { 'X-Sign': ['one', 'two'] },
      body,
    });
    expect(reply).toMatchObject({
      status: 200,
      body: '{"ok":true}',
      headers: { 'content-type': 'application/json' },
    });
    expect(received).toHaveLength(1);
    expect(Buffer.from(received[0]!.body)).toEqual(body);
    expect([...received[0]!.query]).toEqual([
      ['a', '1'],
      ['b', '/'],
    ]);
    expect(received[0]!.headers['x-sign']).toBe('one, two');
  });

  it('takes only its methods', async () => {
    const { port, received } = await start();
    expect(await call(port, { path: WEBHOOK, method: 'GET' })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    });
    expect(await call(port, { path: WEBHOOK, method: 'PUT', body: 'good' })).toMatchObject({ status: 405 });
    expect(received).toEqual([]);
  });

  it('answers on exactly one spelling of its path', async () => {
    const { port, received } = await start();
    const spellings = [
      `${WEBHOOK}/`,
      `/${WEBHOOK}`,
      `//x${WEBHOOK}`,
      '/webhooks//parrot',
      '/webhooks/./parrot',
      '/webhooks/x/../parrot',
      '/webhooks/%70arrot',
      '/webhooks%2Fparrot',
      '/webhooks/%2e%2e/webhooks/parrot',
      '/Webhooks/parrot',
      '/webhooks/PARROT',
      `${WEBHOOK}.json`,
      `${WEBHOOK};x=1`,
      `${WEBHOOK}%00`,
      `${WEBHOOK}%20`,
      `${WEBHOOK}%3Fa`,
      `${WEBHOOK}#x`,
      '/webhooks/parro',
      '/webhooks/parrots',
      '/webhooks',
      '/',
      '/webhooks\\parrot',
      `http://127.0.0.1${WEBHOOK}`,
      `https://x${WEBHOOK}`,
      '*',
    ];
    for (const path of spellings)
      expect([path, (await call(port, { path, body: 'good' })).status]).toEqual([path, 404]);
    expect(received).toEqual([]);
    expect((await call(port, { path: WEBHOOK, body: 'good' })).status).toBe(200);
  });

  it('refuses whatever is compressed, without inflating it', async () => {
    const { port, received } = await start();
    for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'identity']) {
      const reply = await call(port, {
        path: WEBHOOK,
        headers: { 'content-encoding': encoding },
        body: gzipSync('good'),
      });
      expect(reply).toMatchObject({ status: 415, body: '415\n' });
    }
    expect(received).toEqual([]);
  });

  it('takes a body of exactly the cap and refuses one byte more, announced or not', async () => {
    const { port, received } = await start({ handle: async () => ({ status: 200 }) });
    const path = WEBHOOK;
    expect((await call(port, { path, body: Buffer.alloc(MAX_BODY_BYTES) })).status).toBe(200);
    const tooLarge = Buffer.alloc(MAX_BODY_BYTES + 1);
    expect(
      (await call(port, { path, body: tooLarge, headers: { 'content-length': String(tooLarge.length) } }))
        .status,
    ).toBe(413);
    expect(
      (await call(port, { path, body: tooLarge, headers: { 'transfer-encoding': 'chunked' } })).status,
    ).toBe(413);
    expect((await call(port, { path, body: Buffer.alloc(4 * MAX_BODY_BYTES) })).status).toBe(413);
    expect(received.map(({ body }) => body.byteLength)).toEqual([MAX_BODY_BYTES]);
  });

  it('cuts a peer that sends without end', async () => {
    const { port, received } = await start();
    const { socket, closed } = await open(port);
    socket.write(`POST ${WEBHOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    let sentBytes = 0;
    const send = (): void => {
      while (!socket.destroyed && socket.write(chunk)) sentBytes += chunk.length;
      sentBytes += chunk.length;
    };
    socket.on('drain', send);
    send();
    expect(await closed).toMatch(/^HTTP\/1.1 413 /);
    expect(sentBytes).toBeLessThan(64 * MAX_BODY_BYTES);
    expect(received).toEqual([]);
  });

  it('does nothing for a peer that leaves before its body is whole', async () => {
    const { port, received } = await start();
    const { socket, closed } = await open(port);
    socket.end(`POST ${WEBHOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\ngood`);
    await closed;
    expect((await call(port, { path: WEBHOOK, body: 'good' })).status).toBe(200);
    expect(received).toHaveLength(1);
  });

  it('refuses what cannot be told apart as one request', async () => {
    const { port, received } = await start();
    const { socket, closed } = await open(port);
    socket.write(
      `POST ${WEBHOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\ngood`,
    );
    expect(await closed).toMatch(/^HTTP\/1.1 400 /);
    expect(received).toEqual([]);
  });

  it('answers a failing handler with a constant 500 and logs the cause', async () => {
    const { port, logged } = await start({ handle: () => Promise.reject(new Error('the disk is full')) });
    expect(await call(port, { path: WEBHOOK, body: 'good' })).toMatchObject({ status: 500, body: '500\n' });
    expect(logged()).toContain('the disk is full');
  });
});

describe('a peer that guesses', () => {
  it('is put off after so many failures, and forwarding headers change nothing', async () => {
    const clock = createFakeClock();
    const { port } = await start({ clock, limits: { maxFailures: 20 } });
    const bad = { path: WEBHOOK, body: 'bad', from: '127.0.0.66' };
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const headers = { 'x-forwarded-for': `10.0.0.${attempt}`, forwarded: `for=10.0.0.${attempt}` };
      expect((await call(port, { ...bad, headers })).status).toBe(401);
    }
    expect(await call(port, { ...bad, headers: { 'x-forwarded-for': '127.0.0.1' } })).toMatchObject({
      status: 429,
      headers: { 'retry-after': String(FAILURE_WINDOW_MS / 1000) },
    });
    expect((await call(port, { ...bad, from: '127.0.0.1' })).status).toBe(401);

    await clock.advance(FAILURE_WINDOW_MS);
    expect((await call(port, bad)).status).toBe(401);
  });

  it('behind the same proxy as the platform does not shut the platform out', async () => {
    const { port } = await start({ limits: { maxFailures: 20 } });
    for (let attempt = 0; attempt < 30; attempt += 1) await call(port, { path: WEBHOOK, body: 'bad' });
    expect((await call(port, { path: WEBHOOK, body: 'good' })).status).toBe(200);
  });
});

describe('slow and idle peers', () => {
  it('are cut when headers or body take too long', async () => {
    const limits = { headersTimeoutMs: 150, requestTimeoutMs: 300, timeoutCheckMs: 20 };
    const { port } = await start({ limits });
    const silent = await open(port);
    const slowHeaders = await open(port);
    slowHeaders.socket.write(`POST ${WEBHOOK} HTTP/1.1\r\nHost: x\r\n`);
    const slowBody = await open(port);
    slowBody.socket.write(`POST ${WEBHOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\ngo`);
    expect(await slowHeaders.closed).toMatch(/^HTTP\/1.1 408 /);
    expect(await slowBody.closed).toMatch(/^(HTTP\/1.1 408 |$)/);
    await silent.closed;
  });

  it('make room for an honest one when there are too many of them', async () => {
    const { port } = await start({ limits: { maxConnections: 20 } });
    const idle = await Promise.all(Array.from({ length: 60 }, () => open(port)));
    for (const { socket } of idle.slice(40)) socket.write('POST / HTTP/1.1\r\nHo');
    expect((await call(port, { path: '/healthz', method: 'GET' })).status).toBe(200);
    await Promise.all(idle.slice(0, 40).map(({ closed }) => closed));
    for (const { socket } of idle) socket.destroy();
  });

  it('never cost a request that is being answered its connection', async () => {
    let finish: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => (finish = resolve));
    const { port, received } = await start({
      limits: { maxConnections: 5 },
      handle: async () => {
        await answered;
        return { status: 200, body: 'late but there' };
      },
    });
    const reply = call(port, { path: WEBHOOK, body: 'good' });
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const idle = await Promise.all(Array.from({ length: 20 }, () => open(port)));
    finish?.();
    expect((await reply).body).toBe('late but there');
    for (const { socket } of idle) socket.destroy();
  });

  it('may not send endless headers', async () => {
    const { port } = await start();
    const { socket, closed } = await open(port);
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await closed).toMatch(/^HTTP\/1.1 431 /);
  });
});
