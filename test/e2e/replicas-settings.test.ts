import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresIsMissing, postgresUrl } from '../fakes/postgres.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { feishuStage } from './feishu-stage.ts';
import { startPair, type Pair } from './replicas-pair.ts';

const server = await postgresUrl();
const quick = { firstTokenDelayMs: 5, tokensPerSecond: 2_000 };

describe.skipIf(server === undefined)(
  server === undefined ? postgresIsMissing : 'what is said to one of two replicas',
  () => {
    let pair: Pair;
    let a: ServiceProcess;
    let b: ServiceProcess;
    // One pair for all: starting takes longer than everything else, and each of these undoes what it set.
    beforeAll(async () => {
      const qwen = { models: ['Qwen3-8B', 'Qwen3-32B'], answer: () => ({ text: '我在' }), speed: quick };
      pair = await startPair(server ?? '', feishuStage('webhook'), qwen);
      ({ a, b } = pair);
    });
    afterAll(() => pair.stop());

    const administrator = async (to: ServiceProcess, text: string): Promise<string> =>
      (await pair.tell(to, { where: 'direct', text })).words;
    const colleague = async (to: ServiceProcess, text: string): Promise<string> =>
      (await pair.tell(to, { where: 'group', from: 'colleague', text })).words;

    it('a limit holds on the other, which counts what both have answered', async () => {
      expect(await administrator(a, '/limit person 2/min')).toContain('好，');
      expect(await colleague(b, '一')).toContain('我在');
      expect(await colleague(a, '二')).toContain('我在');
      expect(await colleague(b, '三')).toContain('一分钟最多提 2 个问题');
      expect(pair.qwen.chats).toHaveLength(2);
      expect(await administrator(b, '/limit person none/min none/day')).toContain('好，');
      expect(await colleague(a, '四')).toContain('我在');
    });

    it('a pause holds on the other for the next message, and so does its end', async () => {
      expect(await administrator(a, '/pause 换显卡')).toContain('服务暂停了');
      expect(await colleague(b, '在吗')).toContain('暂时不回答问题：换显卡');
      expect(await administrator(b, '/resume')).toContain('1 个人的 1 个问题没有回答');
      expect(await colleague(a, '在吗')).toContain('我在');
    });

    it('who may not ask may not ask the other either', async () => {
      const entry = /feishu:(?!chat:)[^`\s"\\]+/.exec(await colleague(a, '/whoami'))?.[0] ?? '';
      expect(await administrator(a, `/deny ${entry}`)).toContain('已禁止');
      expect(await colleague(b, '在吗')).toContain('不能使用');
      expect(await administrator(b, `/allow ${entry}`)).toContain('可以提问');
      expect(await colleague(a, '在吗')).toContain('我在');
    });

    it('a person’s language and a conversation’s model are the same on the other', async () => {
      expect(await colleague(b, '/help')).toContain('这些命令');
      await colleague(a, '/lang en');
      expect(await colleague(b, '/help')).not.toContain('这些命令');
      await colleague(b, '/lang zh');
      expect(await colleague(a, '/help')).toContain('这些命令');

      const models = (): (string | undefined)[] => pair.qwen.chats.map(({ question }) => question?.model);
      expect(await colleague(a, '/model Qwen3-32B')).toContain('32B');
      expect(await colleague(b, '谁在答')).toContain('我在');
      expect(models().at(-1)).toBe('Qwen3-32B');
      await colleague(b, '/model auto');
      expect(await colleague(a, '现在呢')).toContain('我在');
      expect(models().at(-1)).toBe('Qwen3-8B');
    });

    it('an announcement reaches each chat once, whoever of them is asked for it', async () => {
      await colleague(a, '在吗');
      await administrator(b, '在吗');
      for (const [asked, confirmed] of [
        [a, b],
        [b, a],
      ] as const) {
        const text = `今晚八点维护，由 ${asked.port} 通知。`;
        const preview = await pair.tell(asked, { where: 'direct', text: `/broadcast ${text}` });
        expect(preview.words).toContain('将发给 2 个会话');
        const code = /confirm ([a-z0-9]{6})/.exec(preview.words)?.[1] ?? '';
        const ended = async (): Promise<number> =>
          (await pair.replies('direct')).filter(({ words }) => words.includes('广播发完了')).length;
        const before = await ended();
        await pair.say(confirmed, { where: 'direct', text: `/broadcast confirm ${code}` });
        await pair.until(async () => (await ended()) > before, 'it is out');
        const heard = async (where: 'direct' | 'group'): Promise<number> =>
          (await pair.replies(where)).filter(
            (reply) => reply.id !== preview.id && reply.text.includes(`由 ${asked.port} 通知`),
          ).length;
        expect([await heard('group'), await heard('direct')]).toEqual([1, 1]);
      }
      expect(pair.stage.refused()).toEqual([]);
    });
  },
);
