import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ShownReply } from '../contract/harness.ts';
import type { AnswerFunction } from '../simulators/qwen/types.ts';
import { plainPicture } from '../support/pictures.ts';
import { integrations, type Integration } from './integrations.ts';
import { startPlatformBridge, type PlatformBridge, type PlatformBridgeOptions } from './platform-bridge.ts';

let bridge: PlatformBridge;
afterEach(() => bridge.stop());

/** Names in its answer what it was asked last. */
const answering: AnswerFunction = ({ messages }) => {
  const asked = messages.at(-1)?.text.split('\n').at(-1) ?? '';
  return { text: `关于${asked}的回答。` };
};

async function begin({ create }: Integration, options: PlatformBridgeOptions = {}): Promise<PlatformBridge> {
  bridge = await startPlatformBridge(create, { qwen: { answer: answering }, ...options });
  return bridge;
}

type Said = Parameters<PlatformBridge['stage']['say']>[0];

/** Says something and waits for what it is answered. */
async function tell(where: 'direct' | 'group', said: Omit<Said, 'where'>): Promise<ShownReply> {
  const before = await bridge.stage.replies(where);
  bridge.stage.say({ ...said, where });
  const after = await bridge.closed(before.length + 1, where);
  const fresh = after.filter(({ id }) => !before.some((known) => known.id === id)).at(-1);
  if (fresh === undefined) throw new Error('nothing is shown');
  return fresh;
}

/** Everything the model was shown with the last question. */
const shownToModel = (): string => JSON.stringify(bridge.qwen.chats.at(-1)?.question?.messages);
const inFiles = (words: string): boolean =>
  readdirSync(join(bridge.folder, 'data')).some((name) =>
    readFileSync(join(bridge.folder, 'data', name)).includes(words),
  );

describe.each(integrations.filter(({ groups }) => groups))('$name: whose memory a group has', (known) => {
  const { traits } = known;

  it('is each person’s own, and quoting brings one answer along without the conversation it stands in', async () => {
    await begin(known);
    await tell('group', { text: '苹果' });
    const second = await tell('group', { text: '香蕉' });
    await tell('group', { from: 'colleague', text: '樱桃' });
    expect(shownToModel()).not.toMatch(/苹果|香蕉/);
    await tell('group', { from: 'colleague', text: '这是什么', quote: { id: second.id } });
    expect(shownToModel()).toContain('关于香蕉的回答');
    expect(shownToModel()).not.toContain('苹果');
    const own = await tell('group', { text: '再说说', quote: { id: second.id } });
    expect(shownToModel()).toMatch(/苹果.*关于香蕉的回答.*再说说/);
    expect(shownToModel()).not.toContain('樱桃');
    expect(own.words).toContain('你的对话');
    expect(bridge.stage.refused()).toEqual([]);
  });

  it('is switched by an administrator only, from the next message on, visibly, and back to where it was', async () => {
    const { stage, restart } = await begin(known);
    const proven = traits.forgeable !== true;
    await tell('group', { text: '苹果' });
    expect((await tell('group', { from: 'colleague', text: '/context group' })).words).toContain(
      '只有管理员',
    );
    const switched = await tell('group', { text: '/context 全组' });
    expect(switched.words).toContain(proven ? '共用一个对话' : '只有管理员');
    const shared = await tell('group', { from: 'colleague', text: '香蕉' });
    expect(shared.words).toContain(proven ? '本群共享对话' : '你的对话');
    await restart('SIGTERM');
    await tell('group', { text: '樱桃' });
    if (!proven) return expect(shownToModel()).toMatch(/苹果.*樱桃/);
    expect(shownToModel()).toMatch(/香蕉.*樱桃/);
    expect(shownToModel()).not.toContain('苹果');
    expect((await tell('group', { from: 'colleague', text: '/whoami' })).words).toContain('本群共享对话');
    await tell('group', { text: '/context user' });
    await tell('group', { text: '桃子' });
    expect(shownToModel()).toMatch(/苹果.*桃子/);
    expect(shownToModel()).not.toMatch(/香蕉|樱桃/);
    expect(stage.refused()).toEqual([]);
  });
});

describe.each(integrations.filter(({ groups }) => groups))(
  '$name: a group that shares by configuration',
  (known) => {
    it('shares what was said in it, and nobody’s direct chat, to whichever side', async () => {
      await begin(known, { environment: { GROUP_CONTEXT: 'group' } });
      await tell('direct', { text: '芒果' });
      await tell('group', { from: 'colleague', text: '香蕉' });
      const shared = await tell('group', { text: '樱桃' });
      expect(shownToModel()).toMatch(/香蕉.*樱桃/);
      expect(shownToModel()).not.toContain('芒果');
      expect(shared.words).toContain('本群共享对话');
      const own = await tell('direct', { text: '桃子' });
      expect(shownToModel()).toMatch(/芒果.*桃子/);
      expect(shownToModel()).not.toMatch(/香蕉|樱桃/);
      expect(own.words).toContain('你的对话');
    });
  },
);

describe.each(integrations)('$name: privacy', (known) => {
  const { traits } = known;

  it('/whoami names the entry that ADMINS has, the direct chat stays one’s own, and limits are told', async () => {
    const { stage } = await begin(known);
    const { words } = await tell('direct', { text: '/whoami' });
    for (const line of [stage.environment['ADMINS'] ?? '', '管理员', '你的对话', '每分钟提问', '今天的词元'])
      expect(words).toContain(line);
    const { words: refused } = await tell('direct', { text: '/context group' });
    expect(refused).toContain('不能改');
  });

  it('/forget leaves nothing of a person in any file, and everything of others', async () => {
    await begin(known);
    await tell('group', { text: '会消失的问题' });
    await tell('direct', { text: '也会消失的问题' });
    await tell('group', { from: 'colleague', text: '留下的问题' });
    expect(inFiles('会消失的问题')).toBe(true);
    const asked = await tell('direct', { text: '/forget' });
    if (traits.forgeable === true) {
      expect(asked.words).toContain('证明不了');
      await tell('direct', { text: '/forget confirm' });
      return expect(inFiles('会消失的问题')).toBe(true);
    }
    // Where groups do not exist, what is said there is said by somebody else.
    expect(asked.words).toContain(known.groups ? '2 个问题' : '1 个问题');
    expect(inFiles('也会消失的问题')).toBe(true);
    expect((await tell('direct', { text: '/忘记 确认' })).words).toContain('已删除');
    expect(inFiles('也会消失的问题')).toBe(false);
    if (known.groups) expect(inFiles('会消失的问题')).toBe(false);
    expect(inFiles('关于留下的问题的回答')).toBe(true);
    await tell('direct', { text: '接着说' });
    expect(shownToModel()).not.toContain('会消失');
  });

  it('no word, picture or instruction stands in the log, at whatever level', async () => {
    const { stage, service, qwen, closed } = await begin(known, {
      qwen: { answer: () => ({ text: '回答里的金丝雀', reasoning: '思路里的金丝雀' }) },
      environment: { LOG_LEVEL: 'trace', SYSTEM_PROMPT: '指令里的金丝雀' },
    });
    const picture = await plainPicture('#c0ffee');
    const first = await tell('group', { text: '问题里的金丝雀' });
    const words = traits.pictures.withWords ? { text: '图文里的金丝雀' } : {};
    await tell('group', { pictures: [picture], ...words });
    if (known.groups) {
      const spoken = stage.say({ where: 'group', from: 'colleague', text: '引用里的金丝雀' });
      await closed(3);
      await tell('group', { text: '什么意思', quote: spoken });
      expect(shownToModel()).toContain('引用里的金丝雀');
      await tell('group', { text: '再说说', quote: { id: first.id } });
    }
    await tell('group', { text: '/stop 命令里的金丝雀' });
    qwen.setFault({ type: 'end-early', afterTokens: 2 });
    await tell('group', { text: '出错时的金丝雀' });
    expect(shownToModel()).toContain('指令里的金丝雀');
    const seen = qwen.chats.flatMap(
      ({ question }) => question?.messages.flatMap(({ images }) => images) ?? [],
    );
    expect(seen.length).toBeGreaterThan(0);
    expect(service.log.some(({ level }) => level === 'debug' || level === 'trace')).toBe(true);
    const everything = JSON.stringify(service.log) + service.errors();
    expect(everything).not.toContain('金丝雀');
    for (const { bytes } of [...seen, { bytes: picture }]) {
      const middle = bytes.subarray(bytes.length / 3, bytes.length / 3 + 24);
      for (const form of ['base64', 'hex', 'latin1'] as const)
        expect(everything).not.toContain(middle.toString(form));
    }
  });
});

describe.each(integrations.slice(0, 2))('$name: what only Feishu tells', (known) => {
  it('the owner of a group switches its memory without being an administrator', async () => {
    await begin(known, { environment: { ADMINS: 'feishu:ou_somebody_else' } });
    expect((await tell('group', { from: 'colleague', text: '/context group' })).words).toContain('群主');
    expect((await tell('group', { text: '/context group' })).words).toContain('共用一个对话');
    expect((await tell('group', { from: 'colleague', text: '/whoami' })).words).toContain('本群共享对话');
  });

  it('a recalled question stops, says so, and is not remembered by the next one', async () => {
    const { stage, until, closed, qwen } = await begin(known, {
      qwen: { answer: answering, speed: { firstTokenDelayMs: 20, tokensPerSecond: 4 } },
    });
    const sent = stage.say({ where: 'group', text: '撤回的问题' });
    await until(
      async () => (await stage.replies('group'))[0]?.text.includes('关于') === true,
      'text is shown',
    );
    stage.recall(sent);
    const [stopped] = await closed(1);
    expect(stopped?.words).toMatch(/已撤回.*已停止/);
    await until(() => qwen.aborts === 1, 'the model is let go');
    qwen.setSpeed({ firstTokenDelayMs: 5, tokensPerSecond: 500 });
    await tell('group', { text: '之后的问题' });
    expect(shownToModel()).not.toContain('撤回的问题');
  });

  it('a question recalled long after its answer leaves the conversation', async () => {
    const { stage, closed, until } = await begin(known);
    const sent = stage.say({ where: 'direct', text: '久远的问题' });
    await closed(1, 'direct');
    await tell('direct', { text: '中间的问题' });
    stage.recall(sent);
    await until(() => bridge.service.log.some(({ msg }) => msg === 'a message was recalled'), 'the recall');
    await tell('direct', { text: '之后的问题' });
    expect(shownToModel()).toContain('中间的问题');
    expect(shownToModel()).not.toContain('久远的问题');
  });
});
