import { afterEach, describe, expect, it } from 'vitest';
import type { UnreadableKind } from '../../src/contract/inbound.ts';
import type { ShownReply } from '../contract/harness.ts';
import { dingtalkStage, dingtalkTraits } from './dingtalk-stage.ts';
import { feishuStage, feishuTraits } from './feishu-stage.ts';
import { startPlatformBridge, type PlatformBridge, type PlatformBridgeOptions } from './platform-bridge.ts';
import type { CreateStage, StageTraits } from './stage.ts';
import { wecomStage, wecomStageTraits } from './wecom-stages.ts';

type Known = {
  readonly name: string;
  readonly create: CreateStage;
  readonly traits: StageTraits;
  /** What was said can be answered, but nobody can be written to unasked. */
  readonly answersOnly?: true;
  /** What else people can send there. */
  readonly unreadable: readonly UnreadableKind[];
};

const dingtalk = (mode: 'stream' | 'webhook', cards: boolean): Pick<Known, 'create' | 'traits'> => ({
  create: dingtalkStage({ mode, cards }),
  traits: dingtalkTraits({ mode, cards }),
});
const files = { unreadable: ['file', 'forwarded'] as const };
const stages: readonly Known[] = [
  { name: 'Feishu, long connection', create: feishuStage('ws'), traits: feishuTraits, ...files },
  { name: 'Feishu, webhook', create: feishuStage('webhook'), traits: feishuTraits, ...files },
  { name: 'DingTalk, Stream', ...dingtalk('stream', true), ...files },
  { name: 'DingTalk, Stream, without a template', ...dingtalk('stream', false), ...files },
  { name: 'DingTalk, HTTP callbacks', ...dingtalk('webhook', true), ...files },
  {
    name: 'WeCom, AI bot, long connection',
    create: wecomStage('bot'),
    traits: wecomStageTraits.bot,
    unreadable: ['file'],
  },
  {
    name: 'WeCom, AI bot, webhook',
    create: wecomStage('bot-webhook'),
    traits: wecomStageTraits['bot-webhook'],
    answersOnly: true,
    unreadable: ['file'],
  },
  {
    name: 'WeCom, self-built app',
    create: wecomStage('app'),
    traits: wecomStageTraits.app,
    unreadable: ['audio'],
  },
];
const steered = stages.filter(({ traits }) => traits.forgeable !== true);

let bridge: PlatformBridge;
afterEach(() => bridge.stop());

async function begin({ create }: Known, options: PlatformBridgeOptions = {}): Promise<PlatformBridge> {
  bridge = await startPlatformBridge(create, options);
  return bridge;
}

const saying = (text: string) => ({ answer: () => ({ text }) });
const last = (replies: readonly ShownReply[]): ShownReply => {
  const reply = replies.at(-1);
  if (reply === undefined) throw new Error('nothing is shown');
  return reply;
};

/** Says something there and waits for what it is answered. */
async function tell(
  where: 'direct' | 'group',
  said: Omit<Parameters<PlatformBridge['stage']['say']>[0], 'where'>,
): Promise<ShownReply> {
  const before = await bridge.stage.replies(where);
  bridge.stage.say({ ...said, where });
  const after = await bridge.closed(before.length + 1, where);
  const fresh = after.filter(({ id }) => !before.some((known) => known.id === id));
  return last(fresh);
}

const ask = (text = '在吗'): Promise<ShownReply> => tell('group', { from: 'colleague', text });
const command = (text: string): Promise<ShownReply> => tell('direct', { text });

describe.each(steered)('An administrator on $name', (known) => {
  it('pauses the service for everybody else, also across kill -9, and hears on resuming what that meant', async () => {
    const { qwen, restart } = await begin(known, { qwen: saying('我在') });
    expect((await ask()).text).toContain('我在');
    expect((await command('/pause 换显卡')).words).toContain('服务暂停了');
    expect((await ask()).words).toContain('服务正在维护，暂时不回答问题：换显卡。');
    expect((await command('/pause 换硬盘')).words).toContain('服务已暂停');
    await restart('SIGKILL');
    expect((await ask()).words).toContain('暂时不回答问题：换硬盘。');
    expect(qwen.chats).toHaveLength(1);
    expect((await command('在吗')).text).toContain('我在');
    expect((await command('／恢复。')).words).toContain('这段时间有 1 个人的 2 个问题没有回答');
    expect((await ask()).text).toContain('我在');
  });

  it('sees what runs, and ends it so that the asker knows who did', async () => {
    const { stage, qwen, until, closed } = await begin(known, {
      qwen: { ...saying('很长的故事。'.repeat(200)), speed: { firstTokenDelayMs: 20, tokensPerSecond: 15 } },
    });
    stage.say({ where: 'group', from: 'colleague', text: '讲个机密故事' });
    await until(() => (qwen.chats[0]?.tokenTimes.length ?? 0) > 8, 'the model speaks');
    const overview = await command('/queue');
    expect(overview.words).toContain('正在回答 1 个，排队 0 个');
    expect(overview.words).toMatch(/#[a-z0-9]{4}/);
    expect(overview.words).not.toContain('机密');
    const id = /#([a-z0-9]{4})/.exec(overview.words.replaceAll('#编号', ''))?.[1] ?? '';
    expect((await command(`/queue stop #${id}`)).words).toContain('已停止 1 个');
    expect(last(await closed(1)).words).toContain('管理员停止了这个回答');
    await until(() => qwen.aborts === 1, 'the model is let go');
    expect((await command('/queue')).words).toContain('没有正在处理的问题');
  });

  it.skipIf(known.answersOnly)(
    'announces something, confirmed, to each chat once, also across kill -9',
    async () => {
      const { stage, until, restart } = await begin(known, { qwen: saying('我在') });
      await ask();
      await command('在吗');
      const preview = await command('/广播 今晚八点维护，请提前保存。');
      expect(preview.words).toContain('将发给 2 个会话');
      expect(preview.words).toContain('今晚八点维护，请提前保存。');
      const heard = async (): Promise<readonly number[]> => {
        const all = [await stage.replies('group'), await stage.replies('direct')];
        return all.map(
          (replies) =>
            replies.filter(({ id, text }) => id !== preview.id && text.includes('今晚八点维护')).length,
        );
      };
      expect(await heard()).toEqual([0, 0]);
      const code = /confirm ([a-z0-9]{6})/.exec(preview.words)?.[1] ?? '';
      stage.say({ where: 'direct', text: `/broadcast confirm ${code}` });
      await until(async () => (await heard()).includes(1), 'the first chat hears it');
      // Later a card may be created again that the dead process had created; that refusal is how it is found.
      expect(stage.refused()).toEqual([]);
      await restart('SIGKILL');
      const ended = async (): Promise<boolean> =>
        (await stage.replies('direct')).some(({ words }) => words.includes('广播发完了'));
      await until(async () => (await ended()) && !(await heard()).includes(0), 'it is out');
      expect(await heard()).toEqual([1, 1]);
      expect((await command(`/broadcast confirm ${code}`)).words).toContain('没有等待确认的广播');
      expect(await heard()).toEqual([1, 1]);
      expect(JSON.stringify(bridge.service.log)).not.toContain('八点');
    },
  );

  it.runIf(known.answersOnly)('hears that nobody can be told where the bot can only answer', async () => {
    await begin(known, { qwen: saying('我在') });
    await ask();
    await command('在吗');
    expect((await command('/broadcast 今晚八点维护')).words).toMatch(/什么都没有发.*2 个会话/);
  });
});

describe.each(stages)('On $name', (known) => {
  it('a command is what a person typed, however they typed it, and nothing else', async () => {
    const { stage, qwen } = await begin(known, {
      qwen: saying('/pause\n/broadcast 大家好\n/queue stop all'),
    });
    for (const text of ['／帮助。', '\u3000/ HELP', '\u200b/he\u200blp！', '帮助'])
      expect((await command(text)).words).toContain('这些命令');
    expect((await tell('group', { from: 'colleague', text: '/pasue' })).words).not.toContain('/pause');
    expect(qwen.chats).toHaveLength(0);
    // What the model says, and what is quoted, does nothing; nor do names of commands that are asked about.
    const typed = stage.say({ where: 'direct', text: '请问 /pause 是什么' });
    await bridge.closed(5, 'direct');
    await tell('direct', { text: '这句话什么意思', quote: typed });
    for (const text of ['暂停', '广播', '忘记', '停用', '/etc/hosts 是什么']) await command(text);
    for (const unreadable of known.unreadable) await tell('direct', { unreadable });
    expect(qwen.chats).toHaveLength(7);
    expect((await ask()).text).toContain('大家好');
    expect(await stage.replies('group')).toHaveLength(2);
  });

  it('nobody else pauses, stops or announces anything', async () => {
    const { stage } = await begin(known, { qwen: saying('我在') });
    const person = known.traits.forgeable === true ? {} : { from: 'colleague' as const };
    for (const text of [
      '/pause',
      '/resume',
      '/queue',
      '/queue stop all',
      '/broadcast 大家好',
      '/广播 stop',
    ]) {
      const { words } = await tell('group', { ...person, text });
      expect(words).toContain('只有管理员');
    }
    expect((await ask()).text).toContain('我在');
    expect(await stage.replies('direct')).toEqual([]);
  });
});
