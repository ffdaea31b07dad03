import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TopicKey } from '../../../src/contract/ids.ts';
import { fakeMediaRef, fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { saying, sayingForEver } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

async function say(text: string, parts: Parameters<typeof fakeMessage>[0] = {}): Promise<string> {
  const before = world.adapter.replies.length;
  await world.core.inbox(fakeMessage({ text, ...parts }));
  await world.until(() => world.adapter.replies[before]?.outcome !== undefined, text);
  return world.adapter.replies[before]?.states.at(-1)?.markdown ?? '';
}
const shown = (): string => JSON.stringify(world.model.asked.at(-1)?.messages);

describe('/forget', () => {
  it('says first how much there is, and erases nothing before it is confirmed', async () => {
    world.adapter.media.set('picture', Uint8Array.of(1, 2));
    await say('问一', { media: [fakeMediaRef('picture')] });
    await say('问二', { chat: 'group-2' });
    expect(await say('/forget')).toMatch(/2 个问题和回答，还有 1 张图片.*\n\n.*\/forget confirm/);
    expect(await say('/forget yes please')).toContain('2 个问题');
    await say('问三');
    expect(shown()).toContain('问一');
  });

  it('erases one’s questions, answers and pictures in groups, topics and the direct chat, and nobody else’s', async () => {
    world.adapter.media.set('picture', Uint8Array.of(1, 2));
    const { place } = fakeMessage();
    const topic = { place: { ...place, topic: 'T' as TopicKey } };
    const direct = { direct: true, chat: 'p2p-alice' };
    await say('群里的话', { media: [fakeMediaRef('picture')] });
    await say('话题的话', topic);
    await say('单聊的话', direct);
    await say('别人在话题的话', { from: 'bob', ...topic });
    await say('别人的话', { from: 'bob' });
    expect(await say('/忘记 确认', direct)).toBe(
      '已删除：你的 3 个问题和回答，还有 1 张图片。我不再记得它们。',
    );
    await say('接着', {});
    expect(shown()).not.toContain('群里的话');
    await say('接着', direct);
    expect(shown()).not.toContain('单聊的话');
    await say('接着', topic);
    expect(shown()).not.toMatch(/"话题的话/);
    expect(shown()).toContain('别人在话题的话');
    await say('接着', { from: 'bob' });
    expect(shown()).toContain('别人的话');
    expect(
      world.model.asked.slice(5).flatMap(({ messages }) => messages.flatMap(({ images }) => images ?? [])),
    ).toEqual([]);
  });

  it('keeps the counters of use, which limits go by', async () => {
    world.model.answerWith(saying('一', '二'));
    await say('问');
    await say('/forget confirm');
    await say('/usage');
    expect(JSON.stringify(world.adapter.last().facts)).toContain('["今天","1","10","2"]');
    await world.policy.setLimit({
      kind: 'person',
      platform: 'fake',
      id: 'alice',
      requestsPerMinute: 1,
      tokensPerDay: undefined,
    });
    expect(await say('再问')).toContain('一分钟最多提 1 个问题');
  });

  it('stops one’s running answers first, in every chat, and keeps none of them', async () => {
    world.model.answerWith(sayingForEver('进行中的回答'), sayingForEver('别人的回答'), saying('好'));
    await world.core.inbox(fakeMessage({ text: '进行中的问题', chat: 'group-2' }));
    await world.until(() => world.adapter.replies[0]?.states.at(-1)?.markdown === '进行中的回答');
    await world.core.inbox(fakeMessage({ text: '别人的问题', from: 'bob' }));
    await world.until(() => world.adapter.replies[1]?.states.at(-1)?.markdown === '别人的回答');
    expect(await say('/forget confirm')).toContain('1 个问题');
    await world.until(() => world.adapter.replies[0]?.outcome === 'stopped');
    expect(world.adapter.replies[1]?.outcome).toBeUndefined();
    expect(world.adapter.replies[0]?.states.at(-1)).toMatchObject({
      markdown: '进行中的回答',
      notice: '已停止',
    });
    await say('接着', { chat: 'group-2' });
    expect(shown()).not.toMatch(/进行中的/);
    await say('/stop', { from: 'bob' });
  });

  it('leaves nothing to answer again', async () => {
    await say('问');
    const retry = world.adapter.last().buttons?.find(({ kind }) => kind === 'retry')?.id ?? '';
    await say('/forget confirm');
    expect(await say('/retry')).toBe('还没有可以重试的问题。');
    const { place, sender, eventKey } = fakeMessage();
    const pressed = await world.core.inbox({ type: 'action', eventKey, place, actor: sender, button: retry });
    expect(pressed.toast).toBe('这个问题已经删除了');
    expect(world.model.asked).toHaveLength(1);
  });

  it('says so when there is nothing', async () => {
    expect(await say('/forget')).toBe('我这里没有存你的任何对话。');
    expect(await say('/forget confirm')).toBe('我这里没有存你的任何对话。');
  });

  it('is not obeyed when the sender is not proven, and the try is written down', async () => {
    await say('问');
    expect(await say('/forget confirm', { forgeable: true })).toContain('证明不了');
    await say('之后');
    expect(shown()).toContain('问');
    await say('/forget confirm');
    const rows = await world.store.audit.newest(5);
    expect(rows.map(({ person, act, allowed, detail }) => [person, act, allowed, detail.slice(6)])).toEqual([
      ['alice', 'forget', true, 'own history: 2 questions, 0 pictures'],
      ['alice', 'forget', false, 'own history'],
    ]);
  });

  it('of a name like somebody’s erases nothing of theirs', async () => {
    await say('爱丽丝的话', { from: 'alice' });
    await say('/forget confirm', { sender: { key: 'mallory' as never, name: 'alice' } });
    await say('接着', { from: 'alice' });
    expect(shown()).toContain('爱丽丝的话');
  });
});
