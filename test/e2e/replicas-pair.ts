import type { ShownReply } from '../contract/harness.ts';
import { createSchema } from '../fakes/postgres.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import type { QwenSimulator, QwenSimulatorOptions } from '../simulators/qwen/types.ts';
import { startServiceProcess, stateFolder, type ServiceProcess } from '../support/service-process.ts';
import type { CreateStage, Stage } from './stage.ts';

type Where = 'direct' | 'group';
type Said = Parameters<Stage['say']>[0];

/** Two processes of the real service on one PostgreSQL, before one platform that reaches either by webhook. */
export type Pair = {
  readonly stage: Stage;
  readonly qwen: QwenSimulator;
  readonly a: ServiceProcess;
  readonly b: ServiceProcess;
  /** What the platform sends from now on reaches this one. */
  reach(service: ServiceProcess): Promise<void>;
  /** Says it to this one; resolves once it has taken it. */
  say(to: ServiceProcess, said: Said): Promise<void>;
  /** Says it to this one, and gives back the reply to it once that has ended. */
  tell(to: ServiceProcess, said: Said): Promise<ShownReply>;
  /** What is shown there now. */
  replies(where: Where): Promise<readonly ShownReply[]>;
  until(condition: () => boolean | Promise<boolean>, what: string, withinMs?: number): Promise<void>;
  stop(): Promise<void>;
};

const pollMs = 15;

export async function startPair(
  server: string,
  createStage: CreateStage,
  options: QwenSimulatorOptions,
): Promise<Pair> {
  const schema = await createSchema(server);
  const stage = await createStage();
  const qwen = await startQwenSimulator(options);
  const folders = [stateFolder(), stateFolder()] as const;
  const environment = { ...stage.environment, DATABASE_URL: schema.url, QWEN_BASE_URL: qwen.baseUrl };
  const start = async (folder: string): Promise<ServiceProcess> => {
    const service = await startServiceProcess(folder, environment);
    await service.ready();
    return service;
  };
  const a = await start(folders[0].path);
  const b = await start(folders[1].path);

  const pair: Pair = {
    stage,
    qwen,
    a,
    b,
    reach: ({ port }) => stage.point(port),
    async say(to, said) {
      await pair.reach(to);
      stage.say(said);
      await pair.until(() => stage.settled(), 'it is taken');
    },
    async tell(to, said) {
      const known = new Set((await stage.replies(said.where)).map(({ id }) => id));
      await pair.say(to, said);
      const fresh = async (): Promise<ShownReply | undefined> =>
        (await stage.replies(said.where)).find(({ id, live }) => !known.has(id) && !live);
      await pair.until(async () => (await fresh()) !== undefined, `a reply to ${said.text ?? ''}`);
      const reply = await fresh();
      if (reply === undefined) throw new Error('the reply is gone');
      return reply;
    },
    replies: (where) => stage.replies(where),
    async until(condition, what, withinMs = 20_000) {
      const giveUpAt = Date.now() + withinMs;
      while (!(await condition())) {
        if (Date.now() > giveUpAt) {
          const logs = [a, b].map(({ log }) => log.slice(-12).map((line) => JSON.stringify(line)));
          throw new Error(
            `never happened: ${what}\n${logs.map((lines) => lines.join('\n')).join('\n---\n')}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    async stop() {
      await Promise.all([a, b].map((service) => service.end('SIGKILL')));
      await Promise.all([stage.stop(), qwen.stop()]);
      await schema.drop();
      for (const folder of folders) folder.remove();
    },
  };
  return pair;
}

/** How many messages this process took. */
export function acceptedBy({ log }: ServiceProcess): number {
  return log.filter(({ msg }) => msg === 'accepted').length;
}
