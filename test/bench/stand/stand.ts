import { startFeishuSimulator, type FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import {
  freePort,
  startServiceProcess,
  stateFolder,
  type ServiceProcess,
} from '../../support/service-process.ts';
import { createAudience, type Audience } from './audience.ts';
import { startModelStandIn, type ModelStandIn } from './model.ts';

/** What figures under load are taken on: the service as people start it, between two simulated neighbours. */
export type Stand = {
  readonly feishu: FeishuSimulator;
  readonly model: ModelStandIn;
  readonly service: ServiceProcess;
  readonly audience: Audience;
  stop(): Promise<void>;
};

export type StandOptions = {
  /** Answers the model server is said to make at once; otherwise the service would measure it, which takes minutes. */
  readonly concurrency: number;
  readonly environment?: Readonly<Record<string, string>>;
};

/**
 * Feishu by webhook in this process, with every documented limit and without a history of texts; the model server and
 * the service each in a process of its own.
 */
export async function startStand({ concurrency, environment }: StandOptions): Promise<Stand> {
  const feishu = await startFeishuSimulator({ history: 'off' });
  const model = await startModelStandIn();
  const folder = stateFolder();
  const port = await freePort();
  const service = await startServiceProcess(folder.path, {
    FEISHU_APP_ID: feishu.app.appId,
    FEISHU_APP_SECRET: feishu.app.appSecret,
    FEISHU_BASE_URL: feishu.url,
    FEISHU_MODE: 'webhook',
    FEISHU_ENCRYPT_KEY: feishu.app.encryptKey,
    FEISHU_VERIFICATION_TOKEN: feishu.app.verificationToken,
    QWEN_BASE_URL: model.baseUrl,
    QWEN_MAX_CONCURRENCY: String(concurrency),
    PORT: String(port),
    ...environment,
  });
  feishu.useWebhook({ url: `http://127.0.0.1:${port}/webhooks/feishu`, encrypted: true });
  await service.ready();
  return {
    feishu,
    model,
    service,
    audience: createAudience(feishu),
    async stop() {
      await service.end('SIGKILL');
      model.stop();
      await feishu.stop();
      folder.remove();
    },
  };
}
