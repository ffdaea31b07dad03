import { dingtalkStage } from '../../e2e/dingtalk-stage.ts';
import { feishuStage } from '../../e2e/feishu-stage.ts';
import type { CreateStage } from '../../e2e/stage.ts';
import { wecomStage } from '../../e2e/wecom-stages.ts';
import { freePort } from '../../support/service-process.ts';
import type { Measurement } from '../measurement.ts';
import { residentMebibytes } from '../stand/process-figures.ts';
import { median } from '../statistics.ts';
import { sleep, startOnStages, until } from './start-on-stages.ts';
import { startBareProcess, untilReady } from './start-bare.ts';

const runs = 3;
/** The first collections after the work are over by then. */
const restMs = 5_000;

const feishu = feishuStage('ws');
const dingtalk = dingtalkStage({ mode: 'stream', cards: true });
const wecom = wecomStage('bot');

const settings = [
  { name: 'one platform (Feishu, long connection)', stages: [feishu], target: 170 },
  { name: 'one platform (Feishu, webhook)', stages: [feishuStage('webhook')], target: 170 },
  { name: 'one platform (DingTalk, Stream)', stages: [dingtalk], target: 170 },
  { name: 'one platform (WeCom, long connection)', stages: [wecom], target: 170 },
  { name: 'three platforms', stages: [feishu, dingtalk, wecom], target: 190 },
] as const;

/** The memory of the process at rest after it has answered one question on each platform. */
export const measureMemory: Measurement = {
  name: 'memory',
  what: 'resident memory at rest, with one platform and with three',
  async run(progress) {
    const found: number[][] = [];
    const bare: number[] = [];
    for (let run = 1; run <= runs; run += 1) {
      progress(`run ${run} of ${runs}`);
      // Side by side: how busy the machine is does not matter at rest.
      const [bareMemory, ...memory] = await Promise.all([
        bareMebibytes(),
        ...settings.map(({ stages }) => restingMebibytes(stages)),
      ]);
      bare.push(bareMemory);
      found.push(memory);
    }
    const floor = median(bare);
    return {
      figures: settings.map(({ name, target }, index) => ({
        name: `memory at rest, ${name} (median of ${runs})`,
        value: median(found.map((memory) => memory[index] ?? Number.NaN)),
        unit: 'MiB',
        floor,
        target,
      })),
    };
  },
};

async function restingMebibytes(creates: readonly CreateStage[]): Promise<number> {
  const { stages, service, stop } = await startOnStages(creates);
  try {
    for (const stage of stages) {
      stage.say({ where: 'direct', text: '你好' });
      await until(async () => {
        const replies = await stage.replies('direct');
        return replies.length > 0 && replies.every(({ live }) => !live);
      }, 'an answer');
    }
    await sleep(restMs);
    return residentMebibytes(service.pid);
  } finally {
    await stop();
  }
}

async function bareMebibytes(): Promise<number> {
  const port = await freePort();
  const bare = startBareProcess(port);
  try {
    await untilReady(port);
    await sleep(restMs);
    return residentMebibytes(bare.pid);
  } finally {
    await bare.end();
  }
}
