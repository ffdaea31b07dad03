import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createHurriedClock } from '../model/support.ts';
import { freePort } from '../../support/service-process.ts';
import { selfSigned } from './certificate.ts';
import { examine, listen, startQwen, trouble, type Done } from './support.ts';

const skipped = (done: readonly Done[]): number =>
  done.filter(({ result }) => result.state === 'skipped').length;
const remedyOf = (done: readonly Done[]): string =>
  done.find(({ result }) => result.state === 'failed')?.result.remedy?.zh ?? '';

describe('a name that has no address', () => {
  it('is the cause, and nothing that depends on it is shown as passed', async () => {
    const done = await examine('http://no-such-host.invalid:8000/v1');
    expect(trouble(done)).toEqual(['dns failed dns']);
    expect(skipped(done)).toBe(done.length - 1);
    expect(done.some(({ result }) => result.state === 'passed')).toBe(false);
  });
});

describe('a port that refuses', () => {
  it('of this machine asks to start the server', async () => {
    const done = await examine(`http://127.0.0.1:${await freePort()}/v1`);
    expect(trouble(done)).toEqual(['tcp failed refused-here']);
  });

  it('of another machine names --host 0.0.0.0 and the port to map', async () => {
    const port = await freePort();
    // Any address that is not a loopback name; this one leads here all the same.
    const done = await examine(`http://0.0.0.0:${port}/v1`);
    expect(trouble(done)).toEqual(['tcp failed refused-there']);
    expect(remedyOf(done)).toContain('--host 0.0.0.0');
    expect(remedyOf(done)).toContain(`docker -p ${port}:${port}`);
  });

  it('beside a port that serves models gives the line to write, and the key goes to neither', async () => {
    const qwen = await startQwen({ apiKey: 'sk-right-key' });
    const done = await examine(`http://127.0.0.1:${await freePort()}/v1`, {
      server: { apiKey: 'sk-right-key' },
      usualPorts: [qwen.port],
    });
    expect(trouble(done)).toEqual(['tcp failed wrong-port']);
    expect(remedyOf(done)).toContain(`QWEN_BASE_URL=http://127.0.0.1:${qwen.port}/v1`);
    expect(qwen.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });
});

it('a connection that is not made in time points to the firewall', async () => {
  const port = await listen(createTcpServer());
  const clock = { now: () => systemClock.now(), sleep: async () => undefined };
  const done = await examine(`http://127.0.0.1:${port}/v1`, { clock });
  expect(trouble(done)).toEqual(['tcp failed firewall']);
  expect(remedyOf(done)).toContain('安全组');
});

it('an address to which no network leads', async () => {
  // Nobody connects to the address of everybody: the system itself refuses.
  const done = await examine('http://255.255.255.255:8000/v1');
  expect(trouble(done)).toEqual(['tcp failed no-route']);
  expect(remedyOf(done)).toContain('traceroute 255.255.255.255');
});

it('a proxy that cannot be reached is told apart from the server', async () => {
  const qwen = await startQwen();
  const proxy = `http://127.0.0.1:${await freePort()}`;
  expect(trouble(await examine(qwen.baseUrl, { model: { proxy } }))).toEqual([
    'tcp failed proxy-unreachable',
  ]);
});

describe('the wrong protocol', () => {
  it('https to an http port', async () => {
    const qwen = await startQwen();
    expect(trouble(await examine(qwen.baseUrl.replace('http:', 'https:')))).toEqual([
      'tls failed https-to-http',
    ]);
  });

  it('http to an https port, as nginx says it', async () => {
    const body = '<html><h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port</html>';
    const port = await listen(createHttpServer((_, response) => response.writeHead(400).end(body)));
    expect(trouble(await examine(`http://127.0.0.1:${port}/v1`))).toEqual(['http failed http-to-https']);
  });

  it('something that is not HTTP', async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end("-ERR unknown command 'GET'\r\n"));
      }),
    );
    expect(trouble(await examine(`http://127.0.0.1:${port}/v1`))).toEqual(['http failed not-http']);
  });

  it('a certificate nobody vouches for, and how to name one’s own authority', async () => {
    const port = await listen(createTlsServer(selfSigned, (_, response) => response.end('{}')));
    const done = await examine(`https://127.0.0.1:${port}/v1`);
    expect(trouble(done)).toEqual(['tls failed certificate']);
    expect(remedyOf(done)).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('a certificate of a trusted authority for another name', async () => {
    const port = await listen(createTlsServer(selfSigned, (_, response) => response.end('{}')));
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, selfSigned.cert]);
    try {
      // It leads to the same server, but this name is not on its certificate.
      const done = await examine(`https://0.0.0.0:${port}/v1`);
      expect(trouble(done)).toEqual(['tls failed certificate-name']);
      expect(remedyOf(done)).toContain('QWEN_BASE_URL');
    } finally {
      setDefaultCACertificates(trusted);
    }
  });
});

it('a port that hangs up at once is what a container’s mapped port does', async () => {
  const port = await listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.destroy());
    }),
  );
  expect(trouble(await examine(`http://127.0.0.1:${port}/v1`))).toEqual(['http failed dropped']);
});

it('a server that accepts and says nothing is given up, with the seconds waited', async () => {
  const port = await listen(createHttpServer(() => undefined));
  const done = await examine(`http://127.0.0.1:${port}/v1`, { clock: createHurriedClock(20) });
  expect(trouble(done)).toEqual(['http failed no-answer']);
  expect(done.find(({ code }) => code === 'http')?.result.cause?.zh).toContain('8 秒');
});

describe('clocks', () => {
  it.each([
    { apartMs: 20_000, seen: [] },
    { apartMs: 120_000, seen: ['clock unknown clock-skew'] },
    { apartMs: -600_000, seen: ['clock failed clock-skew'] },
  ])('$apartMs ms apart', async ({ apartMs, seen }) => {
    const qwen = await startQwen();
    const clock = { ...systemClock, now: () => new Date(Date.now() + apartMs) };
    expect(trouble(await examine(qwen.baseUrl, { clock }))).toEqual(seen);
  });
});
