import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startFeishuSimulator } from '../simulators/feishu/simulator.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { startServiceProcess, stateFolder, type ServiceProcess } from '../support/service-process.ts';
import { repository } from './dockerfile.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startStage() {
  const feishu = await startFeishuSimulator({ clientConfig: { ReconnectInterval: 1, ReconnectNonce: 1 } });
  /** What the model was asked, its history included. */
  const prompts: string[] = [];
  const qwen = await startQwenSimulator({
    speed: { firstTokenDelayMs: 20, tokensPerSecond: 150 },
    answer: ({ messages }) => {
      prompts.push(messages.map(({ text }) => text).join('\n'));
      return { text: '回答 '.repeat(60) };
    },
  });
  cleanUps.push(() => Promise.all([feishu.stop(), qwen.stop()]));
  const people = Array.from({ length: 31 }, (_, index) => feishu.addUser({ name: `同事${index}` }));
  const group = feishu.addChat({ kind: 'group', name: '财务群', members: people });
  const environment = {
    FEISHU_APP_ID: feishu.app.appId,
    FEISHU_APP_SECRET: feishu.app.appSecret,
    FEISHU_BASE_URL: feishu.url,
    QWEN_BASE_URL: qwen.baseUrl,
  };
  const replies = () => feishu.messages(group.chatId).filter(({ from }) => from.kind === 'bot');
  return {
    feishu,
    qwen,
    prompts,
    replies,
    ended: () =>
      replies().filter(({ card }) => card?.streaming === false && card.texts['footer'] !== undefined),
    ask: (text: string, by = 0) =>
      feishu.say({
        chat: group,
        from: people[by]!,
        said: { kind: 'text', text: `@{bot} ${text}` },
      }).message,
    folder() {
      const folder = stateFolder();
      cleanUps.push(() => folder.remove());
      return folder.path;
    },
    async start(folder: string): Promise<ServiceProcess> {
      const service = await startServiceProcess(folder, environment);
      cleanUps.push(() => service.end('SIGKILL'));
      await service.ready();
      return service;
    },
  };
}

/** `node src/start.js …` as an operator runs it. */
async function command(folder: string, words: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(repository, 'src/start.js'), ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpAt = Date.now() + 40_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a backup while questions are being answered', () => {
  it('leaves every question answered, and what is restored from it knows all that was answered and repeats nothing', async () => {
    const stage = await startStage();
    const folder = stage.folder();
    const service = await stage.start(folder);
    const first = stage.ask('第一个问题');
    await until(() => stage.ended().length === 1, 'the first answer');

    // One question each: several of one person at the same time would become one.
    const asked = Array.from({ length: 30 }, (_, index) => stage.ask(`问题 ${index}`, 1 + index));
    await until(() => stage.replies().some(({ card }) => card?.streaming === true), 'an answer that grows');
    const backups = [];
    for (const name of ['a.db', 'b.db', 'c.db'])
      backups.push(await command(folder, ['backup', `backups/${name}`]));
    expect(backups.map(({ code }) => code)).toEqual([0, 0, 0]);
    const answeredParts = () =>
      asked.every(({ messageId }) =>
        stage.replies().some(({ parentId, card }) => parentId === messageId && card?.streaming === false),
      );
    await until(answeredParts, 'every answer');
    expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
    expect(readdirSync(join(folder, 'backups')).sort()).toEqual(['a.db', 'b.db', 'c.db']);

    const refused = await command(folder, ['restore', 'backups/a.db']);
    expect(refused.code).toBe(1);
    expect(refused.said).toContain('already using the data folder');
    expect(await service.end('SIGTERM')).toBe(0);

    const other = stage.folder();
    const restored = await command(other, ['restore', join(folder, 'backups/a.db')]);
    expect([restored.code, restored.said]).toEqual([
      0,
      expect.stringMatching(/Not taken up again: \d+ answers/),
    ]);
    const before = { replies: stage.replies().length, prompts: stage.prompts.length };
    await stage.start(other);
    await stage.feishu.redeliver(first, { newEventId: true });
    stage.ask('还记得吗？', 0);
    await until(() => stage.prompts.length > before.prompts, 'the next question reaches the model');
    await until(
      () =>
        stage.replies().length > before.replies &&
        stage.replies().every(({ card }) => card?.streaming !== true),
      'its answer',
    );
    expect(stage.prompts.at(-1)).toContain('第一个问题');
    expect([stage.replies().length, stage.prompts.length]).toEqual([before.replies + 1, before.prompts + 1]);
    expect(readdirSync(join(other, 'data')).filter((name) => name.startsWith('replaced'))).toEqual([]);
  });
});

describe('the backup command', () => {
  it('names a backup by the time when it is given a folder', async () => {
    const stage = await startStage();
    const folder = stage.folder();
    await stage.start(folder);
    expect((await command(folder, ['backup', 'backups/'])).code).toBe(0);
    expect(readdirSync(join(folder, 'backups'))[0]).toMatch(/^bridge-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.db$/);
  });

  it('needs a file name and a database, and sends the users of PostgreSQL to its own tools', async () => {
    const stage = await startStage();
    const folder = stage.folder();
    const tries = [
      await command(folder, ['backup']),
      await command(folder, ['backup', 'a.db']),
      await command(folder, ['backup', 'a.db'], { DATABASE_URL: 'postgres://u:canary@db/bridge' }),
    ];
    expect(tries.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(tries.map(({ said }) => said)).toEqual([
      expect.stringContaining('Name one file'),
      expect.stringContaining('no database'),
      expect.stringContaining('pg_dump'),
    ]);
    expect(tries[2]?.said).not.toContain('canary');
  });
});
