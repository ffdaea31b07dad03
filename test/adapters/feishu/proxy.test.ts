import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createHttp } from '../../../adapters/shared/http.ts';
import { startFeishuSimulator } from '../../simulators/feishu/simulator.ts';
import { never } from '../shared/waiting.ts';

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

it('calls go through the proxy that is set for their host, and only those', async () => {
  const asked: (string | undefined)[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.headers.host);
    response.end('"by the proxy"');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const feishu = await startFeishuSimulator();
  const proxied = new URL(feishu.url).host;
  const http = createHttp({
    clock: systemClock,
    proxyFor: ({ host }) =>
      host === proxied ? `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` : undefined,
    timeoutMs: 10_000,
    maxBytes: 10_000,
  });
  const other = await startFeishuSimulator();
  ending.push(
    () => feishu.stop(),
    () => other.stop(),
    async () => void proxy.close(),
    () => http.close(),
  );
  const answers = await Promise.all(
    [feishu, other].map(async ({ url }) => {
      const answer = await http.exchange({
        method: 'GET',
        url: `${url}/open-apis/bot/v3/info`,
        signal: never,
      });
      return JSON.parse(answer.body) as unknown;
    }),
  );
  expect(answers).toMatchObject(['by the proxy', { code: 99991661 }]);
  expect(asked).toEqual([proxied]);
});
