import type { ShownReply } from '../contract/harness.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import type { QwenSimulator, QwenSimulatorOptions } from '../simulators/qwen/types.ts';
import {
  freePort,
  startServiceProcess,
  stateFolder,
  type ServiceEnvironment,
  type ServiceProcess,
} from '../support/service-process.ts';
import type { CreateStage, Stage } from './stage.ts';

/** The whole way in real processes: a simulated platform, the service, a simulated Qwen server. */
export type PlatformBridge = {
  readonly stage: Stage;
  readonly qwen: QwenSimulator;
  service: ServiceProcess;
  /** Where the service keeps its state. */
  readonly folder: string;
  /** Waits until at least so many replies stand there and none looks unfinished. */
  closed(count: number, where?: 'direct' | 'group'): Promise<readonly ShownReply[]>;
  until(condition: () => boolean | Promise<boolean>, what: string, withinMs?: number): Promise<void>;
  restart(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
};

export type PlatformBridgeOptions = {
  readonly qwen?: QwenSimulatorOptions;
  readonly environment?: ServiceEnvironment;
};

const pollMs = 15;

export async function startPlatformBridge(
  createStage: CreateStage,
  options: PlatformBridgeOptions = {},
): Promise<PlatformBridge> {
  const stage = await createStage();
  const qwen = await startQwenSimulator({
    speed: { firstTokenDelayMs: 20, tokensPerSecond: 200 },
    ...options.qwen,
  });
  const folder = stateFolder();
  const port = await freePort();
  const environment = {
    ...stage.environment,
    QWEN_BASE_URL: qwen.baseUrl,
    PORT: String(port),
    ...options.environment,
  };

  const bridge: PlatformBridge = {
    stage,
    qwen,
    folder: folder.path,
    service: await startServiceProcess(folder.path, environment),
    async closed(count, where = 'group') {
      let shown: readonly ShownReply[] = [];
      await bridge.until(async () => {
        shown = await stage.replies(where);
        return shown.length >= count && shown.every(({ live }) => !live);
      }, `${count} closed replies`);
      return shown;
    },
    async until(condition, what, withinMs = 20_000) {
      const giveUpAt = Date.now() + withinMs;
      while (!(await condition())) {
        if (Date.now() > giveUpAt) {
          const log = bridge.service.log.slice(-25).map((line) => JSON.stringify(line));
          const replies = JSON.stringify([await stage.replies('group'), await stage.replies('direct')]).slice(
            0,
            2_000,
          );
          throw new Error(
            `never happened: ${what}\n${log.join('\n')}\n${bridge.service.errors()}\n${replies}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    async restart(signal) {
      await bridge.service.end(signal);
      bridge.service = await startServiceProcess(folder.path, environment);
      await up();
    },
    async stop() {
      await bridge.service.end('SIGKILL');
      await Promise.all([stage.stop(), qwen.stop()]);
      folder.remove();
    },
  };

  async function up(): Promise<void> {
    await bridge.service.ready();
    await stage.point(port);
    await bridge.until(() => stage.reachable(), 'the platform reaches the service');
  }

  try {
    await up();
  } catch (error) {
    await bridge.stop();
    throw error;
  }
  return bridge;
}
