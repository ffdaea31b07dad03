import type { CreateStage, Stage } from '../../e2e/stage.ts';
import { startQwenSimulator } from '../../simulators/qwen/start.ts';
import type { QwenSimulator } from '../../simulators/qwen/types.ts';
import {
  freePort,
  startServiceProcess,
  stateFolder,
  type ServiceProcess,
} from '../../support/service-process.ts';

/** The service in a process of its own, connected to several platforms at once. */
export type Staged = {
  readonly stages: readonly Stage[];
  readonly qwen: QwenSimulator;
  readonly service: ServiceProcess;
  stop(): Promise<void>;
};

export async function startOnStages(creates: readonly CreateStage[]): Promise<Staged> {
  const stages = await Promise.all(creates.map((create) => create()));
  const qwen = await startQwenSimulator({ speed: { firstTokenDelayMs: 20, tokensPerSecond: 200 } });
  const folder = stateFolder();
  const port = await freePort();
  const environments = stages.map(({ environment }) => environment);
  const service = await startServiceProcess(folder.path, {
    ...Object.assign({}, ...environments),
    ADMINS: environments.map(({ ADMINS = '' }) => ADMINS).join(','),
    QWEN_BASE_URL: qwen.baseUrl,
    PORT: String(port),
  });
  const stop = async (): Promise<void> => {
    await service.end('SIGKILL');
    await Promise.all([...stages.map((stage) => stage.stop()), qwen.stop()]);
    folder.remove();
  };
  try {
    await service.ready();
    for (const stage of stages) {
      await stage.point(port);
      await until(() => stage.reachable(), 'a platform reaches the service');
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stages, qwen, service, stop };
}

/** Rejects when it does not come true within the time; default half a minute. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 30_000,
): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`never happened: ${what}`);
    await sleep(10);
  }
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
