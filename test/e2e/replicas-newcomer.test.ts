import { expect, it } from 'vitest';
import { createSchema, postgresIsMissing, postgresUrl } from '../fakes/postgres.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { startServiceProcess, stateFolder, type ServiceProcess } from '../support/service-process.ts';
import { feishuStage } from './feishu-stage.ts';

const server = await postgresUrl();

async function readiness({ port }: ServiceProcess): Promise<{ status: number; waitsFor: string | null }> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  if (answer === undefined) return { status: 0, waitsFor: null };
  const { waitsFor } = (await answer.json()) as { waitsFor: string | null };
  return { status: answer.status, waitsFor };
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it.skipIf(server === undefined)(
  server === undefined
    ? postgresIsMissing
    : 'a process that comes after one that was killed takes nothing before its death is certain, says so, and then answers',
  async () => {
    const schema = await createSchema(server ?? '');
    const stage = await feishuStage('webhook')();
    const qwen = await startQwenSimulator({ speed: { firstTokenDelayMs: 20, tokensPerSecond: 600 } });
    const folder = stateFolder();
    const start = (): Promise<ServiceProcess> =>
      startServiceProcess(folder.path, {
        ...stage.environment,
        DATABASE_URL: schema.url,
        QWEN_BASE_URL: qwen.baseUrl,
      });
    const killed = await start();
    await killed.ready();
    await killed.end('SIGKILL');
    const service = await start();
    try {
      await stage.point(service.port);
      await until(async () => (await readiness(service)).waitsFor?.includes('1 of') === true, 'it says why');
      const sent = stage.say({ where: 'direct', text: '在吗' });
      await until(() => service.log.some(({ msg }) => msg === 'feishu event not taken'), 'it is refused');
      expect((await readiness(service)).status).toBe(503);
      expect([stage.settled(), qwen.chats.length]).toEqual([false, 0]);

      await service.ready();
      expect(await readiness(service)).toEqual({ status: 200, waitsFor: null });
      // The platform does so by itself after fifteen seconds.
      stage.redeliver(sent, 1);
      const answered = async (): Promise<boolean> =>
        (await stage.replies('direct')).some(({ live, text }) => !live && text !== '');
      await until(answered, 'it is answered');
      expect(await stage.replies('direct')).toHaveLength(1);
      expect(stage.refused()).toEqual([]);
    } finally {
      await service.end('SIGKILL');
      await Promise.all([stage.stop(), qwen.stop()]);
      await schema.drop();
      folder.remove();
    }
  },
  60_000,
);
