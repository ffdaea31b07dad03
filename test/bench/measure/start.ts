import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFeishuSimulator } from '../../simulators/feishu/simulator.ts';
import { startQwenSimulator } from '../../simulators/qwen/start.ts';
import {
  freePort,
  startServiceProcess,
  stateFolder,
  type ServiceEnvironment,
} from '../../support/service-process.ts';
import type { Measurement } from '../measurement.ts';
import { median } from '../statistics.ts';
import { startBareProcess, untilReady } from './start-bare.ts';

const runs = 5;

/** From the start of the process until `/readyz` says that store and platform are there. */
export const measureStart: Measurement = {
  name: 'start',
  what: 'how long it takes from the start of the process until it is ready',
  async run() {
    const feishu = await startFeishuSimulator();
    const qwen = await startQwenSimulator();
    // Of its own, so that the first start compiles everything, as it does on a machine that has never run it.
    const compileCache = mkdtempSync(join(tmpdir(), 'bridge-compiled-'));
    const environment = {
      FEISHU_APP_ID: feishu.app.appId,
      FEISHU_APP_SECRET: feishu.app.appSecret,
      FEISHU_BASE_URL: feishu.url,
      QWEN_BASE_URL: qwen.baseUrl,
      NODE_COMPILE_CACHE: compileCache,
    };
    try {
      const first = await secondsToReady(environment);
      const warm: number[] = [];
      const bare: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        warm.push(await secondsToReady(environment));
        bare.push(await bareSecondsToReady());
      }
      const floor = median(bare);
      return {
        figures: [
          { name: 'start to ready, first start', value: first, unit: 's', floor },
          {
            name: `start to ready, warm (median of ${runs})`,
            value: median(warm),
            unit: 's',
            floor,
            target: 1,
          },
        ],
      };
    } finally {
      await Promise.all([feishu.stop(), qwen.stop()]);
      rmSync(compileCache, { recursive: true, force: true });
    }
  },
};

async function secondsToReady(environment: ServiceEnvironment): Promise<number> {
  const folder = stateFolder();
  const port = await freePort();
  const startedAt = performance.now();
  const service = await startServiceProcess(folder.path, { ...environment, PORT: String(port) });
  try {
    await untilReady(port);
    return (performance.now() - startedAt) / 1000;
  } finally {
    await service.end('SIGTERM');
    folder.remove();
  }
}

async function bareSecondsToReady(): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const bare = startBareProcess(port);
  try {
    await untilReady(port);
    return (performance.now() - startedAt) / 1000;
  } finally {
    await bare.end();
  }
}
