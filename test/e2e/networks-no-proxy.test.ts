import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { SocketAgent } from '../../adapters/shared/socket-agent.ts';
import { createProxyFor } from '../../src/config/proxy.ts';
import { startForwardProxy } from '../simulators/network/forward-proxy.ts';

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const proxyFor = (noProxy: string, platformProxy = 'http://proxy:3128') =>
  createProxyFor({ platformProxy, noProxy: noProxy.split(','), mediaHosts: [] });

describe('an entry of NO_PROXY', () => {
  it.each([
    ['open.feishu.cn', 'wss://open.feishu.cn/ws'],
    ['open.feishu.cn', 'https://open.feishu.cn./'],
    ['.feishu.cn', 'wss://msg-frontier.feishu.cn'],
    ['*.feishu.cn', 'https://open.feishu.cn'],
    ['feishu.cn', 'https://open.feishu.cn'],
    ['feishu.cn:443', 'wss://open.feishu.cn'],
    ['feishu.cn:80', 'ws://open.feishu.cn'],
    ['10.1.2.3', 'https://10.1.2.3:8443'],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443'],
    ['10.0.0.0/8', 'https://10.200.0.1'],
    ['fd00::1', 'https://[fd00:0:0::1]'],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443'],
    ['fd00::/16', 'https://[fd00:1234::1]'],
    ['*', 'https://open.feishu.cn'],
  ])('%s exempts %s', (entry, url) => {
    expect(proxyFor(entry)(new URL(url))).toBeUndefined();
  });

  it.each([
    ['feishu.cn', 'https://notfeishu.cn'],
    ['open.feishu.cn', 'https://feishu.cn'],
    ['feishu.cn:8443', 'https://open.feishu.cn'],
    ['10.0.0.0/8', 'https://11.0.0.1'],
    ['10.0.0.0/8', 'https://10.example.com'],
    ['10.0.0.0/99', 'https://10.0.0.1'],
    ['10.1.2.3:8443', 'https://10.1.2.3'],
    ['fd00::1', 'https://[fd00::2]'],
    ['[fd00::1]:8443', 'https://[fd00::1]'],
    ['not an entry', 'https://open.feishu.cn'],
  ])('%s does not exempt %s', (entry, url) => {
    expect(proxyFor(entry)(new URL(url))).toBe('http://proxy:3128');
  });
});

it.each(['http://localhost:1', 'ws://im.localhost', 'https://127.8.9.1', 'wss://[::1]:9'])(
  'loopback needs no entry: %s',
  (url) => {
    expect(proxyFor('')(new URL(url))).toBeUndefined();
  },
);

it('a WebSocket is exempted by its own host, which may be another than that of the calls', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const proxy = await startForwardProxy();
  ending.push(
    () => proxy.stop(),
    () => server.close(),
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;

  async function open(noProxy: string): Promise<void> {
    const url = new URL(`ws://0.0.0.0:${port}`);
    const agent = new SocketAgent({
      address: () => url,
      proxyFor: proxyFor(noProxy, proxy.url),
      timeoutMs: 5_000,
    });
    const socket = new WebSocket(url, { agent });
    await once(socket, 'open');
    socket.terminate();
    agent.destroy();
  }

  await open('0.0.0.0');
  expect(proxy.requests()).toEqual([]);
  await open('open.feishu.cn');
  expect(proxy.requests()).toMatchObject([{ kind: 'tunnel', target: `0.0.0.0:${port}` }]);
});

it('a WebSocket that is given up while the proxy is still thinking leaves no connection behind', async () => {
  const proxy = await startForwardProxy({ thinks: true });
  ending.push(() => proxy.stop());
  const url = new URL('wss://open.feishu.cn');
  const agent = new SocketAgent({ address: () => url, proxyFor: () => proxy.url, timeoutMs: 60_000 });
  const socket = new WebSocket(url, { agent });
  const failed = once(socket, 'error').catch((error: unknown) => error);
  while (proxy.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  agent.destroy();
  await failed;
  while (proxy.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(proxy.open()).toBe(0);
});
