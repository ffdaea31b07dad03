import { expect, it } from 'vitest';
import { createProxyFor } from '../../../src/config/proxy.ts';

const PROXY = 'http://proxy:3128';
const noProxy = ['intern.example', '.corp', 'api.example:8443', '10.0.0.5'];
const proxyFor = createProxyFor({ platformProxy: PROXY, noProxy, mediaHosts: [] });

it.each([
  ['https://open.example', PROXY],
  ['https://intern.example', undefined],
  ['https://a.intern.example', undefined],
  ['https://notintern.example', PROXY],
  ['https://x.corp', undefined],
  ['https://api.example:8443', undefined],
  ['https://api.example', PROXY],
  ['http://10.0.0.5:9000', undefined],
  ['http://127.0.0.1:9000', undefined],
  ['http://[::1]:9000', undefined],
])('sends %s through %s', (url, proxy) => {
  expect(proxyFor(new URL(url))).toBe(proxy);
});

it('sends everything directly without a proxy, or with * exempted', () => {
  const url = new URL('https://open.example');
  expect(createProxyFor({ platformProxy: undefined, noProxy: [], mediaHosts: [] })(url)).toBeUndefined();
  expect(createProxyFor({ platformProxy: PROXY, noProxy: ['*'], mediaHosts: [] })(url)).toBeUndefined();
});
