import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PersonKey, TopicKey } from '../../../src/contract/ids.ts';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { fakeAddress, fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World, type WorldOptions } from '../../fakes/core.ts';
import { saying } from '../../fakes/model.ts';

let world: World;

const begin = async (options: WorldOptions = {}): Promise<void> => {
  await world.close();
  world = await createWorld({ admins: ['root'], ...options });
};
beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

type Parts = Parameters<typeof fakeMessage>[0];

/** Says something and gives back the reply's words. */
const say = (text: string, parts?: Parts): Promise<string> => world.say(text, parts);

/** Everything the model was shown with the last question. */
const shown = (): string => JSON.stringify(world.model.asked.at(-1)?.messages);
const audited = (): Promise<readonly string[]> =>
  world.store.audit
    .newest(10)
    .then((rows) => rows.map(({ person, act, allowed, detail }) => `${person} ${act} ${allowed} ${detail}`));
const inTopic = (topic: string): Pick<InboundMessage, 'place'> => ({
  place: { ...fakeMessage().place, topic: topic as TopicKey },
});

describe('/context', () => {
  it('shows whose memory the group has, to anybody', async () => {
    expect(await say('/context', { from: 'alice' })).toContain('每个人有各自的对话，互不相通。（默认设置）');
  });

  it('by an administrator makes one conversation of the group from the next message on, and back', async () => {
    await say('苹果', { from: 'alice' });
    expect(await say('/context group', { from: 'root' })).toContain('共用一个对话');
    await say('香蕉', { from: 'bob' });
    expect(shown()).not.toContain('苹果');
    await say('樱桃', { from: 'alice' });
    expect(shown()).toContain('香蕉');
    expect(shown()).not.toContain('苹果');
    expect(await say('/上下文 个人', { from: 'root' })).toContain('各自的对话');
    await say('桃子', { from: 'alice' });
    expect(shown()).toContain('苹果');
    expect(shown()).not.toMatch(/香蕉|樱桃/);
    await say('/context 全组', { from: 'root' });
    await say('梨', { from: 'carol' });
    expect(shown()).toMatch(/香蕉.*樱桃/);
    expect(shown()).not.toMatch(/苹果|桃子/);
  });

  it('/context default follows GROUP_CONTEXT again', async () => {
    await begin({ groupContext: 'group' });
    expect(await say('/context')).toContain('本群共用一个对话，群里人人都能接着问。（默认设置）');
    await say('/context user', { from: 'root' });
    expect(await say('/context')).not.toContain('默认设置）');
    expect(await say('/context 默认', { from: 'root' })).toContain('共用一个对话');
    expect(world.policy.current().chats[0]?.context).toBeUndefined();
  });

  it('survives a restart, and holds for that chat alone', async () => {
    await say('/context group', { from: 'root' });
    await world.restart();
    expect(await say('/context')).toContain('共用一个对话');
    expect(await say('/context', { chat: 'group-2' })).toContain('各自的对话');
  });

  it.each([
    ['a direct chat', { direct: true, chat: 'p2p-root' }, '单聊'],
    ['a topic', inTopic('t1'), '话题'],
  ] as const)('cannot be changed in %s, not even by an administrator', async (_where, parts, words) => {
    const said = await say('/context group', { from: 'root', ...parts });
    expect(said).toContain(words);
    expect(said).toContain('不能改');
    expect(world.policy.current().chats).toEqual([]);
  });

  it('is refused to others, and both the act and the refusal are written down with what they were about', async () => {
    expect(await say('/context group', { from: 'alice' })).toContain('只有管理员');
    await say('/context group', { from: 'root' });
    expect(await audited()).toEqual([
      expect.stringMatching(/^root context true #\w{4} chat group-1 context user -> group$/),
      expect.stringMatching(/^alice context false #\w{4} chat group-1 context group$/),
    ]);
  });

  it('asks nobody who owns the group to show what is set', async () => {
    await begin({ owners: new Map([['group-1', 'alice']]) });
    await say('/context');
    expect(world.adapter.ownerLookups).toEqual([]);
  });

  it('is the owner’s to change, in their own group only, and the owner is looked up once a minute', async () => {
    await begin({
      owners: new Map([
        ['group-1', 'alice'],
        ['group-2', 'bob'],
      ]),
    });
    expect(await say('/context group', { from: 'alice' })).toContain('共用一个对话');
    expect(await say('/context user', { from: 'bob' })).toContain('只有管理员或群主');
    expect(await say('/context group', { from: 'alice', chat: 'group-2' })).toContain('只有管理员或群主');
    expect(world.adapter.ownerLookups).toEqual(['group-1', 'group-2']);
  });

  it.each([
    ['a name like the owner’s', { sender: { key: 'mallory' as PersonKey, name: 'alice' } }],
    ['no id at all', { sender: { key: '' as PersonKey, name: 'alice' } }],
    ['a message whose sender is not proven', { from: 'alice', forgeable: true as const }],
    ['a chat without an id', { from: 'alice', chat: '' }],
    ['an administrator’s name', { sender: { key: 'mallory' as PersonKey, name: 'root' } }],
    ['an administrator’s id, not proven', { from: 'root', forgeable: true as const }],
    ['an id in other letters', { from: 'ALICE' }],
    ['an id with a blank', { from: 'alice ' }],
  ] as const)('is not changed by %s', async (_what, parts) => {
    await begin({
      owners: new Map([
        ['group-1', 'alice'],
        ['', ''],
      ]),
    });
    await say('/context group', parts);
    expect(world.policy.current().chats).toEqual([]);
  });

  it('is not changed where the platform does not answer who owns the group', async () => {
    await begin({ owners: new Map() });
    expect(await say('/context group', { from: 'alice' })).toContain('只有管理员可以');
    expect(world.policy.current().chats).toEqual([]);
  });
});

describe('the welcome', () => {
  it.each([
    ['user', '每个人的对话互不相通'],
    ['group', '本群共用一个对话'],
  ] as const)('to a group says whose memory it has: %s', async (groupContext, words) => {
    await begin({ groupContext });
    const { place, eventKey } = fakeMessage();
    await world.core.inbox({ type: 'joined', eventKey, place, address: fakeAddress('group-1') });
    await world.until(() => world.adapter.sent.length > 0);
    expect(world.adapter.sent[0]?.markdown).toContain(words);
  });
});

describe('/whoami', () => {
  it('names the exact entry, the role, whose memory it is, the limits and what is used of them', async () => {
    world.model.answerWith(saying('一', '二'));
    await say('问', { from: 'alice' });
    await world.policy.setLimit({
      kind: 'chat',
      platform: 'fake',
      id: 'group-1',
      requestsPerMinute: 7,
      tokensPerDay: 900,
    });
    const said = await say('/whoami', { from: 'alice' });
    for (const line of [
      '- 编号：`fake:alice`',
      '- 会话：`fake:chat:group-1`',
      '- 身份：普通用户',
      '- 对话范围：你的对话',
      '- 每分钟提问：最多 40 个',
      '- 今天的词元：12，上限 2,000,000',
      '- 每分钟提问（本会话）：最多 7 个',
      '- 今天的词元（本会话）：12，上限 900',
    ])
      expect(said).toContain(line);
    expect(said).not.toContain('全公司');
  });

  it('says when the memory is the group’s or the topic’s, and when a person is privileged', async () => {
    await say('/context group', { from: 'root' });
    await world.policy.setVip({ platform: world.adapter.platform, id: 'bob' }, true);
    const said = await say('/whoami', { from: 'bob' });
    expect(said).toContain('本群共享对话');
    expect(said).toContain('优先用户');
    expect(said).toContain('- 今天的词元：0，不限');
    expect(await say('/whoami', inTopic('t1'))).toContain('本话题的对话');
  });
});

describe('the receipt under each answer', () => {
  it('says whose memory it belongs to, at once after a switch', async () => {
    await say('问', { from: 'alice' });
    expect(world.adapter.last().footer).toContain('你的对话');
    await say('/context group', { from: 'root' });
    await say('问', { from: 'alice' });
    expect(world.adapter.last().footer).toContain('本群共享对话');
    await say('问', { from: 'alice', ...inTopic('t') });
    expect(world.adapter.last().footer).toContain('本话题的对话');
  });
});

describe('quoting somebody’s answer', () => {
  it('brings that answer along and nothing else of the other person’s conversation', async () => {
    world.model.answerWith(saying('甲的第一个回答'), saying('甲的第二个回答'), saying('好'));
    await say('甲的秘密问题', { from: 'alice' });
    await say('甲的另一个问题', { from: 'alice' });
    const author = { author: 'self', media: [], unreadable: [] } as const;
    world.adapter.quotes.set('q', { ...author, replyId: 'shown-1', text: '平台只给了一半' });
    await say('这是什么意思', { from: 'bob', quote: 'q' as never });
    expect(shown()).toContain('甲的第二个回答');
    expect(shown()).not.toMatch(/甲的第一个回答|秘密问题|另一个问题/);
    await say('接着说', { from: 'alice' });
    expect(shown()).toContain('甲的秘密问题');
    expect(shown()).not.toContain('这是什么意思');
  });

  it('finds no answer of another chat by an id from elsewhere', async () => {
    world.model.answerWith(saying('别群的回答'), saying('好'));
    await say('问', { from: 'alice', chat: 'group-9' });
    const author = { author: 'self', media: [], unreadable: [] } as const;
    world.adapter.quotes.set('q', { ...author, replyId: 'shown-0', text: '这里看到的' });
    await say('什么', { from: 'bob', chat: 'group-1', quote: 'q' as never });
    expect(shown()).toContain('这里看到的');
    expect(shown()).not.toContain('别群的回答');
  });
});
