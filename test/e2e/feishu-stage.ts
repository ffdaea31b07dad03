import { createFeishuHarness } from '../contract/feishu-harness.ts';
import { startFeishuSimulator, type FeishuSimulator } from '../simulators/feishu/simulator.ts';
import { throughHarness, type CreateStage, type Stage, type StageTraits } from './stage.ts';

export const feishuTraits: StageTraits = {
  live: true,
  buttons: true,
  pictures: { most: 3, withWords: true },
  resumes: true,
  redelivers: true,
};

/** Feishu, simulated, for the real service. */
export const feishuStage =
  (mode: 'ws' | 'webhook'): CreateStage =>
  async () =>
    feishuStageOn(await startRealTimeFeishu(), mode);

/** The simulator, whose clients come back within a second. */
export function startRealTimeFeishu(): Promise<FeishuSimulator> {
  return startFeishuSimulator({ clientConfig: { ReconnectInterval: 1, ReconnectNonce: 1 } });
}

/** The same on a simulator that runs already. */
export function feishuStageOn(feishu: FeishuSimulator, mode: 'ws' | 'webhook'): Stage {
  const harness = createFeishuHarness(feishu, mode);
  const [asker] = feishu.users().filter(({ openId }) => openId !== feishu.bot.openId);
  const { appId, appSecret, encryptKey, verificationToken } = feishu.app;
  const webhookKeys = { FEISHU_ENCRYPT_KEY: encryptKey, FEISHU_VERIFICATION_TOKEN: verificationToken };
  return {
    ...throughHarness(harness),
    traits: feishuTraits,
    environment: {
      FEISHU_APP_ID: appId,
      FEISHU_APP_SECRET: appSecret,
      FEISHU_BASE_URL: feishu.url,
      FEISHU_MODE: mode,
      ADMINS: `feishu:${asker?.openId ?? ''}`,
      ...(mode === 'webhook' ? webhookKeys : {}),
    },
    async point(port) {
      if (mode === 'webhook')
        feishu.useWebhook({ url: `http://127.0.0.1:${port}/webhooks/feishu`, encrypted: true });
    },
    reachable: () => mode === 'webhook' || feishu.connections().some((connection) => connection.ready()),
    settled: () => feishu.deliveries().every(({ state }) => state === 'acknowledged'),
    stop: () => feishu.stop(),
  };
}
