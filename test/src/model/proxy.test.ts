import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { askOnce, startModel, startSimulator } from './support.ts';

const proxies: Server[] = [];
afterEach(() => {
  for (const proxy of proxies.splice(0)) {
    proxy.closeAllConnections();
    proxy.close();
  }
});

/** A forward proxy as companies run them: plain requests by their whole URL. */
async function startProxy(): Promise<{ readonly url: string; forwarded(): string[] }> {
  const forwarded: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    const { url = '', method, headers } = incoming;
    forwarded.push(url);
    const upstream = request(url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  });
  proxies.push(proxy);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, forwarded: () => forwarded };
}

it('reaches the model server through a proxy when one is configured', async () => {
  const simulator = await startSimulator();
  const proxy = await startProxy();
  const model = startModel([simulator.baseUrl], { proxy: proxy.url });
  expect((await askOnce(model)).end.reason).toBe('stop');
  expect(proxy.forwarded()).toContain(`${simulator.baseUrl}/chat/completions`);
});

it('says unreachable when the proxy is not there', async () => {
  const simulator = await startSimulator();
  const { end } = await askOnce(startModel([simulator.baseUrl], { proxy: 'http://127.0.0.1:9' }));
  expect(end.fault?.code).toBe('unreachable');
});
