import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSchema, postgresIsMissing, postgresUrl } from '../fakes/postgres.ts';
import type { AnswerFunction } from '../simulators/qwen/types.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { feishuStage } from './feishu-stage.ts';
import { startPlatformBridge } from './platform-bridge.ts';

const server = await postgresUrl();

describe.skipIf(server === undefined)(server === undefined ? postgresIsMissing : 'with PostgreSQL', () => {
  it('the service answers, keeps all state there, and takes further processes beside it', async () => {
    const schema = await createSchema(server ?? '');
    const database = { DATABASE_URL: schema.url };
    const questions: string[][] = [];
    const answer: AnswerFunction = ({ messages }) => {
      questions.push(messages.map(({ text }) => text));
      return { text: `答案 ${questions.length}` };
    };
    const bridge = await startPlatformBridge(feishuStage('ws'), { environment: database, qwen: { answer } });
    try {
      const { stage, folder, qwen } = bridge;
      stage.say({ where: 'group', text: '第一个问题' });
      const [first] = await bridge.closed(1);
      expect(first?.text).toContain('答案 1');

      const state = await fetch(`http://127.0.0.1:${bridge.service.port}/readyz`);
      expect(await state.json()).toMatchObject({ ready: true, store: { state: 'up', engine: 'postgres' } });
      expect(bridge.service.log.find(({ msg }) => msg === 'started')).toMatchObject({ store: 'postgres' });
      const inFolder = ['bridge.db', 'lock.db'].filter((name) => existsSync(join(folder, 'data', name)));
      expect(inFolder).toEqual([]);
      expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);

      const other = await startServiceProcess(folder, {
        ...stage.environment,
        ...database,
        QWEN_BASE_URL: qwen.baseUrl,
      });
      await other.ready();
      expect(await other.end('SIGTERM')).toBe(0);
      const told = JSON.stringify([bridge.service.log, other.log, bridge.service.errors(), other.errors()]);
      const { password } = new URL(schema.url);
      for (const secret of [password, decodeURIComponent(password)].filter((value) => value !== ''))
        expect(told).not.toContain(secret);

      await bridge.restart('SIGTERM');
      stage.say({ where: 'group', text: '第二个问题' });
      await bridge.closed(2);
      expect(questions.at(-1)?.join()).toMatch(/第一个问题.*答案 1.*第二个问题/s);
    } finally {
      await bridge.stop();
      await schema.drop();
    }
  });
});
