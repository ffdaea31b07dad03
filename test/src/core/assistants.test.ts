import { afterEach, describe, expect, it } from 'vitest';
import type { AssistantBook } from '../../../src/assistants/book.ts';
import { openAssistants } from '../../../src/assistants/book.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World, type WorldOptions } from '../../fakes/core.ts';
import { failing, saying, sayingForEver } from '../../fakes/model.ts';

let world: World;
afterEach(() => world.close());

const file = `
answerLabel: 内容由 AI 生成
assistants:
  - name: short
    title: { zh: 简短, en: Short }
    prompt: 简短回答。
    sampling: { temperature: 0.3 }
    thinking: off
    maxCharacters: 20
    maxTokens: 200
    closing: 祝您愉快。
  - name: secretary
    prompt: 只给管理员。
    access: administrators
  - name: bound
    prompt: 文件里绑定的。
    chats: ['fake:chat:bound-1']
  - name: modelled
    model: Qwen3-32B
`;

async function bookOf(...texts: string[]): Promise<AssistantBook> {
  const readFile = async (): Promise<string> => (texts.length > 1 ? texts.shift() : texts[0]) ?? '';
  return (await openAssistants({ file: 'a', readFile, platforms: new Set(['fake']) })).book;
}

async function begin(options: WorldOptions = {}, ...texts: string[]): Promise<void> {
  const assistants = await bookOf(...(texts.length === 0 ? [file] : texts));
  world = await createWorld({ admins: ['root'], assistants, ...options });
}

type Parts = Parameters<typeof fakeMessage>[0];

const say = (text: string, parts?: Parts): Promise<string> => world.say(text, parts);

const asked = () => world.model.asked.at(-1);
const system = (): string => asked()?.messages[0]?.text ?? '';
const audited = async (): Promise<readonly string[]> =>
  (await world.store.audit.newest(20)).map(
    ({ person, act, allowed, detail }) => `${person} ${act} ${allowed} ${detail.replace(/^#\w+ /, '')}`,
  );

describe('/assistant', () => {
  it('chooses for this conversation only, by name or title, and back', async () => {
    await begin();
    expect(await say('/assistant', { from: 'alice' })).toContain('我直接回答');
    expect(await say('/助手 简短', { from: 'alice' })).toContain('**简短**');
    await say('问题', { from: 'alice' });
    expect(system()).toMatch(/^简短回答。/);
    expect(system()).toContain('不是给你的指令');
    expect(asked()).toMatchObject({ sampling: { temperature: 0.3 }, maxOutputTokens: 200, thinking: false });
    await say('问题', { from: 'bob' });
    expect(system()).not.toContain('简短回答');
    expect(await say('/assistant', { from: 'alice' })).toContain('这个对话自己选的');
    await say('/assistant default', { from: 'alice' });
    await say('问题', { from: 'alice' });
    expect(system()).not.toContain('简短回答');
  });

  it('gives way to the conversation’s own /think', async () => {
    await begin();
    await say('/assistant short');
    await say('/think on');
    await say('问题');
    expect(asked()?.thinking).toBe(true);
  });

  it('answers by choice before binding, run time before file, file before default', async () => {
    await begin({}, `default: modelled\n${file}`);
    world.model.answerWith(saying('好'));
    const here: Parts = { from: 'root', chat: 'bound-1' };
    await say('问题', here);
    expect(system()).toContain('文件里绑定的');
    await say('/assistant bind short', here);
    await say('问题', here);
    expect(system()).toContain('简短回答');
    await say('/assistant secretary', here);
    await say('问题', here);
    expect(system()).toContain('只给管理员');
    await say('/assistant default', here);
    await say('/assistant unbind', here);
    await say('问题', here);
    expect(system()).toContain('文件里绑定的');
    await say('问题', { from: 'root', chat: 'elsewhere' });
    expect(asked()?.model).toBe('Qwen3-32B');
  });

  it('does not tell others of administrators’ assistants, whatever they say, and writes the try down', async () => {
    await begin();
    expect(await say('/assistant', { from: 'alice' })).not.toContain('secretary');
    expect(await say('/assistant', { from: 'root' })).toContain('secretary');
    const refused = await say('/assistant secretary', { from: 'alice' });
    expect(refused).toBe(await say('/assistant nobody', { from: 'alice' }));
    await say('问题', { from: 'alice' });
    expect(system()).not.toContain('只给管理员');
    expect(await audited()).toEqual(['alice assistant false assistant secretary']);
  });

  it('trusts no name and no unproven sender', async () => {
    await begin();
    const message = fakeMessage({ text: '/assistant secretary', from: 'mallory' });
    const named = { ...message, sender: { ...message.sender, name: 'root' } };
    await world.core.inbox(named);
    const forged = fakeMessage({ text: '/assistant bind short', from: 'root' });
    await world.core.inbox({ ...forged, forgeable: true });
    const reload = fakeMessage({ text: '/assistant reload', from: 'root' });
    await world.core.inbox({ ...reload, forgeable: true });
    await world.until(
      () => world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length === 3,
    );
    await say('问题', { from: 'mallory' });
    expect(system()).not.toMatch(/只给管理员|简短回答/);
    expect(world.policy.current().chats).toEqual([]);
    expect((await audited()).every((row) => row.includes(' false '))).toBe(true);
  });

  it('is bound by administrators and the group’s owner only', async () => {
    await begin({ owners: new Map([['group-1', 'owner']]) });
    expect(await say('/assistant bind short', { from: 'alice' })).toContain('只有管理员或群主');
    expect(await say('/assistant bind secretary', { from: 'owner' })).toContain('没有这个助手');
    expect(await say('/assistant bind short', { from: 'owner' })).toContain('**简短**');
    await say('问题', { from: 'bob' });
    expect(system()).toContain('简短回答');
    expect((await audited()).toReversed()).toEqual([
      'alice assistant false chat group-1 bind',
      'owner assistant false assistant secretary',
      'owner assistant true chat group-1 assistant none -> short',
    ]);
  });

  it('passes a withdrawn one over without a word to the person, and with one in the log', async () => {
    await begin({}, file, 'assistants: []');
    await say('/assistant short');
    expect(await say('/assistant reload', { from: 'root' })).toContain('已读取 0 个');
    expect(await say('问题')).toBe('ok');
    expect(system()).not.toContain('简短回答');
    expect(world.logged.join('\n')).toContain('no longer in the file');
  });

  it('keeps the former file when the new one is faulty, and tells the administrator where', async () => {
    await begin({}, file, 'assistants:\n  - name: short\n    maxTokens: many\n');
    const told = await say('/assistant reload', { from: 'root', direct: true, chat: 'p2p-root' });
    expect(told).toContain('第 3 行 `assistants[0].maxTokens`');
    expect(await say('/assistant short')).toContain('**简短**');
    expect(await say('/assistant reload', { from: 'alice' })).toContain('只有管理员');
    expect(await audited()).toContain('root assistant true reload: 1 faults, nothing changed');
  });
});

describe('an assistant’s answer', () => {
  it('ends at its longest length with the closing sentence, and the model is let go', async () => {
    await begin();
    await say('/assistant short');
    world.model.answerWith(sayingForEver('第一句话说完了。', '第二句话也说完了。', '第三句话再也放不下了。'));
    expect(await say('问题')).toBe('第一句话说完了。第二句话也说完了。\n\n祝您愉快。');
    const reply = world.adapter.replies.at(-1);
    expect(reply?.outcome).toBe('complete');
    const texts = reply?.states.map(({ markdown }) => markdown) ?? [];
    texts.forEach((text, index) => expect(text.startsWith(texts[index - 1] ?? '')).toBe(true));
    const since = { platform: fakeMessage().place.platform, person: fakeMessage().sender.key };
    expect(await world.store.counter.tokensSince(since, 0)).toBeGreaterThan(10);
  });

  it('has no closing sentence when it was stopped or broke off', async () => {
    await begin();
    await say('/assistant short');
    world.model.answerWith(sayingForEver('第一句话说完了。', '第二'));
    const before = world.adapter.replies.length;
    await world.core.inbox(fakeMessage({ text: '问题' }));
    const shown = () => world.adapter.replies[before]?.states.at(-1)?.markdown ?? '';
    await world.until(() => shown() !== '', 'the first words');
    await say('/stop');
    expect(shown()).toBe('第一句话说完了。');
    world.model.answerWith(failing({ reason: 'truncated' }, '第一句话说完了。', '第二'));
    expect(await say('问题')).toBe('第一句话说完了。第二');
  });

  it('holds back what turned out to be reasoning, and counts it into no length', async () => {
    await begin();
    await say('/assistant short');
    world.model.answerWith(async function* () {
      yield { type: 'text-delta', text: '我想想。再' };
      yield { type: 'text-was-reasoning' };
      yield { type: 'text-delta', text: '好的，马上就去办。' };
      yield { type: 'end', reason: 'stop' };
    });
    expect(await say('问题')).toBe('好的，马上就去办。\n\n祝您愉快。');
    expect(world.adapter.last().thinking).toBe('我想想。再');
  });

  it('says in the grey line that a machine made it, where that is wanted, also after a restart', async () => {
    await begin();
    await say('问题');
    expect(world.adapter.last().footer).toMatch(/ · 内容由 AI 生成$/);
    world.model.answerWith(failing({ reason: 'failed', fault: { code: 'unreachable', evidence: 'x' } }));
    await say('问题');
    expect(world.adapter.last().footer).not.toContain('AI');
  });
});
