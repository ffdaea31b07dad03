import { afterEach, describe, expect, it } from 'vitest';
import { companyAuthorityPath, companyCertificate } from '../simulators/network/certificates.ts';
import { createCompanyNetwork } from '../simulators/network/company-network.ts';
import { startFront } from '../simulators/network/front.ts';
import { startLoneService } from '../simulators/network/lone-service.ts';
import { reachingPlatforms } from '../simulators/network/platforms.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { startPlatformBridge } from './platform-bridge.ts';

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const UNKNOWN = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';

/** A deployment inside the company: its own names, another port, a path, and a certificate of its own authority. */
const privateDeployment = () =>
  createCompanyNetwork({ scheme: 'https', prefix: '/im/v2', name: (_, port) => `127.0.0.1:${port}` });

/** The model server by https, likewise. */
async function startSecureModel() {
  const model = await startQwenSimulator({ answer: () => ({ text: '加密来的回答。' }) });
  const front = await startFront({
    target: new URL(model.baseUrl).origin,
    prefix: '/qwen',
    tls: companyCertificate,
    rewrite: (text) => text,
  });
  ending.push(
    () => model.stop(),
    () => front.stop(),
  );
  return { model, url: `https://127.0.0.1:${front.port}/qwen/v1` };
}

describe.each(reachingPlatforms)(
  '$platform, deployed in the company under its own authority',
  ({ stage }) => {
    it('answers as anywhere once NODE_EXTRA_CA_CERTS names the authority; so does the model server', async () => {
      const { model, url } = await startSecureModel();
      const bridge = await startPlatformBridge(privateDeployment().behind(stage), {
        environment: { NODE_EXTRA_CA_CERTS: companyAuthorityPath, QWEN_BASE_URL: url },
      });
      ending.push(() => bridge.stop());
      bridge.stage.say({ where: 'direct', text: '你好' });
      const [reply] = await bridge.closed(1, 'direct');
      expect(reply?.words).toContain('加密来的回答。');
      expect(model.chats).toHaveLength(1);
      expect(bridge.stage.refused()).toEqual([]);
    });

    it('is said to be down for its certificate where nobody named the authority', async () => {
      const service = await startLoneService(privateDeployment().behind(stage), {
        QWEN_BASE_URL: 'http://127.0.0.1:9/v1',
      });
      ending.push(() => service.stop());
      const line = await service.logged(
        ({ msg, detail }) => /^\w+ connection$/.test(msg) && String(detail).includes(UNKNOWN),
      );
      expect(line['detail']).toBe(`unavailable ${UNKNOWN}`);
    });
  },
);

it('the doctor names the unknown authority and the setting that mends it, for platform and model server', async () => {
  const { url } = await startSecureModel();
  const [feishu] = reachingPlatforms;
  if (feishu === undefined) throw new Error('no platform');
  const service = await startLoneService(privateDeployment().behind(feishu.stage), { QWEN_BASE_URL: url });
  ending.push(() => service.stop());
  const { output, code } = await service.doctor();
  expect(code).toBe(1);
  const [, model = '', platform = ''] = output.split(/Model server|Chat platform/);
  for (const part of [model, platform]) {
    expect(part).toContain(UNKNOWN);
    expect(part).toMatch(/Remedy: .*NODE_EXTRA_CA_CERTS=/);
  }
});
