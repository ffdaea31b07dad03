import { afterEach, describe, expect, it } from 'vitest';
import { companyName, createCompanyNetwork } from '../simulators/network/company-network.ts';
import { startForwardProxy, type ForwardProxyOptions } from '../simulators/network/forward-proxy.ts';
import { startLoneService, type LoneService } from '../simulators/network/lone-service.ts';
import { reachingPlatforms } from '../simulators/network/platforms.ts';
import { freePort, type LogLine } from '../support/service-process.ts';
import type { CreateStage } from './stage.ts';

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const right = { user: 'bridge', password: 'right-canary-word' } as const;
const secrets = ['wrong%3Acanary', 'wrong:canary', btoa('bridge:wrong:canary'), right.password];

/** A service whose platform is known to the proxy alone, before it has anybody to talk to. */
async function begin(stage: CreateStage, scheme: 'http' | 'https', proxy: ForwardProxyOptions | 'dead') {
  const network = createCompanyNetwork({ scheme, name: companyName });
  const running =
    proxy === 'dead' ? undefined : await startForwardProxy({ locate: network.locate, ...proxy });
  const host = running?.host ?? `127.0.0.1:${await freePort()}`;
  if (running !== undefined) ending.push(() => running.stop());
  const service = await startLoneService(network.behind(stage), {
    HTTPS_PROXY: `http://bridge:wrong%3Acanary@${host}`,
    QWEN_BASE_URL: 'http://127.0.0.1:9/v1',
    LOG_LEVEL: 'trace',
  });
  ending.push(() => service.stop());
  return { host, service };
}

const connectionDetail = (line: LogLine): string =>
  /^\w+ connection$/.test(line.msg) ? String(line['detail']) : '';

async function tells(service: LoneService, words: string): Promise<void> {
  await service.logged((line) => connectionDetail(line).includes(words));
  for (const secret of secrets) expect(service.said()).not.toContain(secret);
}

describe.each(reachingPlatforms)('$platform', ({ stage, socket, platform }) => {
  it.each(['http', 'https'] as const)(
    'is said to be down for want of the proxy, which is named without its password (%s)',
    async (scheme) => {
      const { host, service } = await begin(stage, scheme, 'dead');
      await tells(service, `proxy ${host} ECONNREFUSED`);
    },
  );

  it.each(['http', 'https'] as const)('tells that the proxy wants another password (%s)', async (scheme) => {
    const { host, service } = await begin(stage, scheme, { credentials: right });
    await tells(service, `proxy ${host} 407`);
  });

  it.runIf(socket)('tells that the proxy lets calls pass but no WebSocket', async () => {
    const { host, service } = await begin(stage, 'http', { refuses: (_, kind) => kind === 'tunnel' });
    await tells(service, `unavailable proxy ${host} 403`);
  });

  // The bot has no call but its long connection, of which a doctor that is not the service knows nothing.
  it.skipIf(platform === 'WeCom, AI bot')('the doctor names the dead proxy, too', async () => {
    const { host, service } = await begin(stage, 'https', 'dead');
    const { output, code } = await service.doctor();
    expect(output).toContain(`unavailable proxy ${host} ECONNREFUSED`);
    expect(code).toBe(1);
    for (const secret of secrets) expect(output).not.toContain(secret);
  });
});
