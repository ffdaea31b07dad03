import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSchema, postgresIsMissing, postgresUrl, type TestSchema } from '../fakes/postgres.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import type { QwenSimulator } from '../simulators/qwen/types.ts';
import type { WeComSimulator } from '../simulators/wecom/simulator.ts';
import { startServiceProcess, stateFolder, type ServiceProcess } from '../support/service-process.ts';
import type { Stage } from './stage.ts';
import { createWeComStage, startRealTimeWeCom } from './wecom-stages.ts';

const server = await postgresUrl();

/** What `/readyz` says of the WeCom bot there. */
async function stateOf({ port }: ServiceProcess): Promise<{ ready: boolean; bot: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  const { platforms } = (await answer.json()) as { platforms: { state: string }[] };
  return { ready: answer.status === 200, bot: platforms[0]?.state ?? '' };
}

async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 20_000,
): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.skipIf(server === undefined)(
  server === undefined ? postgresIsMissing : 'two replicas with one WeCom bot on its long connection',
  () => {
    let schema: TestSchema;
    let sim: WeComSimulator;
    let stage: Stage;
    let qwen: QwenSimulator;
    let services: ServiceProcess[];
    let folders: ReturnType<typeof stateFolder>[];

    async function start(): Promise<ServiceProcess> {
      const folder = stateFolder();
      folders.push(folder);
      const service = await startServiceProcess(folder.path, {
        ...stage.environment,
        DATABASE_URL: schema.url,
        QWEN_BASE_URL: qwen.baseUrl,
      });
      services.push(service);
      await service.ready();
      return service;
    }

    beforeEach(async () => {
      schema = await createSchema(server ?? '');
      sim = await startRealTimeWeCom();
      stage = createWeComStage(sim, 'bot');
      qwen = await startQwenSimulator({ speed: { firstTokenDelayMs: 20, tokensPerSecond: 60 } });
      services = [];
      folders = [];
    });
    afterEach(async () => {
      for (const { pid } of services) continued(pid);
      await Promise.all(services.map((service) => service.end('SIGKILL')));
      await Promise.all([stage.stop(), qwen.stop()]);
      await schema.drop();
      for (const folder of folders) folder.remove();
    });

    const connected = (): number => sim.connections().filter((one) => one.subscribed()).length;
    const answered = async (count: number): Promise<void> =>
      until(async () => {
        const shown = await stage.replies('direct');
        return shown.length >= count && shown.every(({ live }) => !live);
      }, `${count} answers`);
    const displacements = (): unknown[] =>
      services.flatMap(({ log }) => log.filter(({ code }) => code === 'displaced'));

    it('one is connected, the other is ready to be; at a restart that goes over, and every question is answered', async () => {
      const first = await start();
      await until(() => connected() === 1, 'the first is connected');
      const second = await start();
      await until(async () => (await stateOf(second)).bot === 'standby', 'the second stands by');
      expect(await stateOf(first)).toEqual({ ready: true, bot: 'up' });
      expect((await stateOf(second)).ready).toBe(true);

      stage.say({ where: 'direct', text: '第一个问题' });
      await until(async () => (await stage.replies('direct')).length === 1, 'the first reply is there');
      expect(await first.end('SIGTERM')).toBe(0);
      await until(async () => (await stateOf(second)).bot === 'up', 'the second is connected');
      await until(() => connected() === 1, 'one of them is connected');
      stage.say({ where: 'direct', text: '第二个问题' });
      await answered(2);
      expect(displacements()).toEqual([]);
      expect(stage.refused()).toEqual([]);
    }, 60_000);

    it('one that stands still loses it, finds out when it goes on, and raises no alarm', async () => {
      const first = await start();
      await until(() => connected() === 1, 'the first is connected');
      const second = await start();
      process.kill(first.pid, 'SIGSTOP');
      await until(async () => (await stateOf(second)).bot === 'up', 'the second is connected', 30_000);
      stage.say({ where: 'direct', text: '在吗' });
      await answered(1);
      continued(first.pid);
      await until(async () => (await stateOf(first)).bot === 'standby', 'the first stands by');
      stage.say({ where: 'direct', text: '还在吗' });
      await answered(2);
      expect((await stateOf(second)).bot).toBe('up');
      expect(displacements()).toEqual([]);
    }, 90_000);
  },
);

function continued(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}
