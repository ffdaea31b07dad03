import { afterEach, describe, expect, it } from 'vitest';
import type { RecordedRequest } from '../simulators/qwen/types.ts';
import { crowds, type Crowd } from './crowd.ts';
import { integrations } from './integrations.ts';
import { startPlatformBridge, type PlatformBridge } from './platform-bridge.ts';

const quick = { firstTokenDelayMs: 10, tokensPerSecond: 2_000 };
const wordsOf = (chat: RecordedRequest): string => chat.question?.messages.at(-1)?.text ?? '';

let bridge: PlatformBridge;
afterEach(() => bridge.stop());

const steered = integrations.filter(({ traits }) => traits.forgeable !== true);

describe.each(steered)('$name: limits', ({ create }) => {
  const ask = async (text: string, count: number): Promise<string> => {
    bridge.stage.say({ where: 'group', from: 'colleague', text });
    return (await bridge.closed(count)).at(-1)?.words ?? '';
  };
  const steer = async (text: string, count: number): Promise<string> => {
    bridge.stage.say({ where: 'direct', text });
    return (await bridge.closed(count, 'direct')).at(-1)?.words ?? '';
  };

  it('refuse once, saying when it works again; a change holds at once', async () => {
    bridge = await startPlatformBridge(create, { qwen: { answer: () => ({ text: '答案' }), speed: quick } });
    const { stage, qwen } = bridge;
    expect(await steer('/limit person 2/min', 1)).toContain('好，');
    expect(await ask('一', 1)).toContain('答案');
    expect(await ask('二', 2)).toContain('答案');
    expect(await ask('三', 3)).toMatch(
      /一分钟最多提 2 个问题，已经到了。(明天 )?\d\d:\d\d(:\d\d)? 之后可以继续/,
    );
    for (let more = 0; more < 20; more += 1)
      stage.say({ where: 'group', from: 'colleague', text: `更多 ${more}` });
    // Commands work all the same, the administrator's and the refused person's.
    expect(await ask('/whoami', 4)).toContain('编号');
    expect(await steer('/limit person 60/min', 2)).toContain('好，');
    expect(await ask('四', 5)).toContain('答案');
    expect(await bridge.closed(5)).toHaveLength(5);
    expect(qwen.chats.map(wordsOf)).toEqual(['一', '二', '四']);
    expect(stage.refused()).toEqual([]);
  });

  it('hold for a day’s tokens, of a person, a VIP, a chat and all together, also after kill -9', async () => {
    bridge = await startPlatformBridge(create, { qwen: { answer: () => ({ text: '答案' }), speed: quick } });
    const inGroup = (await ask('/whoami', 1)).matchAll(/[a-z]+:(?:chat:)?[^`\s"\\：]+/g);
    const [person = '', chat = ''] = [...inGroup].map(([entry]) => entry);
    expect(await steer('/limit person 1/day', 1)).toContain('每天 1 词元');
    expect(await ask('一', 2)).toContain('答案');
    expect(await ask('二', 3)).toMatch(/你今天的额度用完了（\d+ \/ 1 词元），明天 00:00 恢复/);
    expect(await steer(`/limit vip ${person}`, 2)).toContain('VIP');
    expect(await ask('三', 4)).toContain('答案');
    if (chat.includes(':chat:')) {
      expect(await steer(`/limit ${chat} 1/day`, 3)).toContain('每天 1 词元');
      expect(await ask('四', 5)).toContain('这个会话今天的额度用完了');
      expect(await steer(`/limit ${chat} default`, 4)).toContain('不限');
    }
    const said = (await bridge.stage.replies('direct')).length;
    const answered = (await bridge.stage.replies('group')).length;
    expect(await steer('/limit all 1/day', said + 1)).toContain('全部合计');
    await bridge.restart('SIGKILL');
    expect(await ask('五', answered + 1)).toContain('全公司今天的额度用完了');
    expect(bridge.stage.refused()).toEqual([]);
  });
});

describe.each(crowds)('$name: five hundred messages of one person', ({ create }) => {
  it('leave eight others with whole answers, are refused once, and overrun no limit of the platform', async () => {
    let crowd: Crowd | undefined;
    bridge = await startPlatformBridge(
      async () => {
        crowd = await create(9);
        return crowd.stage;
      },
      {
        qwen: {
          answer: ({ messages }) => ({ text: `回答〔${messages.at(-1)?.text ?? ''}〕完` }),
          speed: { firstTokenDelayMs: 100, tokensPerSecond: 200 },
          capacity: 8,
        },
      },
    );
    if (crowd === undefined) throw new Error('nobody is there');
    const { say, words, stage } = crowd;
    const others = [1, 2, 3, 4, 5, 6, 7, 8];
    for (let message = 0; message < 500; message += 1) {
      say(0, `洪水${message}号`);
      // The others come in between.
      const one = message / 50;
      if (others.includes(one)) say(one, `问题${one}`);
    }
    const whole = (one: number): boolean =>
      words().some((reply) => !reply.live && reply.words.includes(`回答〔问题${one}〕完`));
    await bridge.until(() => others.every(whole), 'eight whole answers', 60_000);
    const answered = (): string[] =>
      bridge.qwen.chats
        .filter(({ outcome }) => outcome === 'finished')
        .flatMap((chat) => wordsOf(chat).split('\n'))
        .filter((line) => line.startsWith('洪水'));
    await bridge.until(() => answered().length >= 40, 'what was allowed is answered', 60_000);
    await bridge.until(() => words().every(({ live }) => !live), 'nothing is left spinning');
    expect(answered()).toHaveLength(40);
    expect(new Set(answered()).size).toBe(40);
    const refusals = words().filter((reply) => reply.words.includes('一分钟最多提'));
    expect(refusals).toHaveLength(1);
    expect(words().length).toBeLessThanOrEqual(others.length + 40 / 20 + 1 + refusals.length);
    expect(stage.refused()).toEqual([]);
  });
});
