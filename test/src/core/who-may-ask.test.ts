import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PersonKey } from '../../../src/contract/ids.ts';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World, type WorldOptions } from '../../fakes/core.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

const again = async (options: WorldOptions): Promise<void> => {
  await world.close();
  world = await createWorld(options);
};

const shown = (index: number): string => world.adapter.replies[index]?.states.at(-1)?.markdown ?? '';

async function tell(message: InboundMessage): Promise<string> {
  const before = world.adapter.replies.length;
  await world.core.inbox(message);
  const closed = (): boolean => world.adapter.replies[before]?.outcome !== undefined;
  await world.until(closed, message.text);
  return shown(before);
}

const say = (text: string, from = 'root', direct = true): Promise<string> =>
  tell(fakeMessage({ text, from, direct, chat: direct ? `p2p-${from}` : 'group-1' }));

const mayAsk = async (from: string, direct = true): Promise<boolean> =>
  (await say('一个问题', from, direct)) === 'ok';

describe('/deny and /allow', () => {
  it('a denial holds at once, outweighs everything, and ends with /allow', async () => {
    expect(await mayAsk('alice')).toBe(true);
    expect(await say('/deny fake:alice')).toContain('已禁止');
    expect(await mayAsk('alice')).toBe(false);
    expect(await mayAsk('bob')).toBe(true);
    expect(await say('/allow fake:alice')).toContain('可以提问');
    expect(await mayAsk('alice')).toBe(true);
  });

  it('a chat or the whole platform can be denied; administrators may still ask', async () => {
    await say('/deny fake:chat:group-1');
    expect(await mayAsk('alice', false)).toBe(false);
    expect(await mayAsk('alice')).toBe(true);
    expect(await mayAsk('root', false)).toBe(true);
    await say('/deny fake:*');
    expect(await mayAsk('alice')).toBe(false);
    expect(await mayAsk('root')).toBe(true);
    expect(await say('/allow fake:alice')).toContain('整个平台仍然是禁止的');
    await say('/allow fake:*');
    expect(await mayAsk('alice')).toBe(true);
    expect(await mayAsk('alice', false)).toBe(false);
  });

  it('an administrator cannot be denied', async () => {
    expect(await say('/deny fake:root')).toContain('是管理员，不能禁止');
    expect(await mayAsk('root')).toBe(true);
    expect(world.policy.current().rules).toEqual([]);
  });

  it('closes to the list and opens again', async () => {
    expect(await say('/allow 名单')).toContain('名单上的 0 个');
    expect(await mayAsk('alice')).toBe(false);
    expect(await say('/allow fake:alice fake:chat:group-1')).toContain('已加入名单');
    expect(await mayAsk('alice')).toBe(true);
    expect(await mayAsk('bob')).toBe(false);
    expect(await mayAsk('bob', false)).toBe(true);
    expect(await say('/deny fake:alice')).toContain('已禁止');
    expect(await mayAsk('alice')).toBe(false);
    expect(await mayAsk('alice', false)).toBe(false);
    expect(await say('/allow 所有人')).toContain('所有人都可以提问');
    expect(await mayAsk('bob')).toBe(true);
    expect(await mayAsk('alice')).toBe(false);
  });

  it('survives a restart', async () => {
    await say('/allow listed');
    await say('/allow fake:alice');
    await world.restart();
    expect([await mayAsk('alice'), await mayAsk('bob')]).toEqual([true, false]);
  });

  it('a list in ALLOW is never opened from a chat, but can be added to and denied from', async () => {
    await again({
      admins: ['root'],
      allow: [{ kind: 'person', platform: world.adapter.platform, id: 'alice' }],
    });
    expect(await say('/allow everyone')).toContain('ALLOW');
    expect(await mayAsk('bob')).toBe(false);
    await say('/allow fake:bob');
    expect(await mayAsk('bob')).toBe(true);
    await say('/deny fake:alice');
    expect(await mayAsk('alice')).toBe(false);
    await say('/allow fake:alice');
    expect(await mayAsk('alice')).toBe(true);
  });

  it('a platform on the list lets its people in', async () => {
    await say('/allow listed');
    await say('/allow fake:*');
    expect(await mayAsk('alice')).toBe(true);
  });

  it.each([
    'alice',
    '@alice',
    '小红',
    'other:alice',
    'fake:',
    'fake:chat:',
    'fake:chat:*',
    ':alice',
    'fake:小红',
  ])('“%s” is no id: nothing is changed, and one sentence says where the id is found', async (written) => {
    for (const command of ['/deny', '/allow']) {
      const said = await say(`${command} fake:bob ${written}`);
      expect(said).toContain('/whoami');
      expect(said).toContain('/users');
    }
    expect(world.policy.current().rules).toEqual([]);
  });

  it('tolerates a full-width colon, commas and the backticks of a copied id', async () => {
    await say('/deny `fake:alice`， FAKE：bob');
    expect(world.policy.current().rules.map(({ id }) => id)).toEqual(['alice', 'bob']);
  });

  it('shows mode, list and denials in the direct chat, and no ids in a group', async () => {
    await say('/allow listed');
    await say('/allow fake:alice');
    await say('/deny fake:bob');
    const direct = await say('/allow');
    for (const part of ['名单上的人', '`fake:alice`', '`fake:bob`']) expect(direct).toContain(part);
    expect(await say('/deny')).toBe(direct);
    const inGroup = [await say('/allow', 'root', false), await say('/deny fake:carol', 'root', false)];
    for (const said of inGroup) expect(said).not.toMatch(/fake:|alice|bob|carol/);
    expect(inGroup[0]).toContain('名单上 1 个，禁止 1 个');
  });
});

describe('what an event claims about names', () => {
  it('makes nobody an administrator, and lets nobody in', async () => {
    await say('/allow listed');
    await say('/allow fake:alice');
    const disguised = (key: string, name: string): InboundMessage =>
      fakeMessage({ text: '/status', direct: true, sender: { key: key as PersonKey, name } });
    for (const name of ['root', 'fake:root', 'alice', '管理员'])
      expect(await tell(disguised('mallory', name))).toContain('不能使用');
    expect(await tell(disguised('alice', 'root'))).toContain('只有管理员');
  });

  it.each([
    ['sender', { from: '' }],
    ['chat', { from: 'alice', chat: '' }],
  ])('an event without its %s is refused, also while everyone may ask', async (_what, missing) => {
    expect(await tell(fakeMessage({ text: '问题', ...missing }))).toContain('不能使用');
    expect(world.model.asked).toHaveLength(0);
  });

  it('an entry with an empty id on the list is nobody’s', async () => {
    await say('/allow listed');
    await world.policy.setRule({
      kind: 'person',
      platform: world.adapter.platform,
      id: '',
      effect: 'allow',
      at: 0,
      by: 'test',
    });
    expect(await tell(fakeMessage({ text: '问题', from: '', chat: '' }))).toContain('不能使用');
  });

  it('ids differ by every letter, blank and case', async () => {
    await say('/allow listed');
    await say('/allow fake:alice');
    for (const from of ['Alice', 'alice ', ' alice', 'ａlice', 'alice\u200b'])
      expect(await mayAsk(from)).toBe(false);
  });
});

describe('/users', () => {
  it('lists administrators and whoever wrote lately, with marks and without markup in names', async () => {
    await tell(fakeMessage({ text: '一', sender: { key: 'alice' as PersonKey, name: '小红' } }));
    await tell(
      fakeMessage({
        text: '二',
        sender: { key: 'alice' as PersonKey, name: '[点我](http://x) <at id=all>' },
      }),
    );
    await say('/help', 'bob');
    await say('/deny fake:bob');
    await world.policy.setVip({ platform: world.adapter.platform, id: 'alice' }, true);
    const said = await say('/users');
    expect(said).toContain('- `fake:root` · 来自 ADMINS');
    expect(said).toMatch(/- `fake:alice` 点我 http x at id all · 2 个问题 · .*前 · VIP/);
    expect(said).toMatch(/- `fake:bob` · 0 个问题 · .*前 · 已禁止/);
    expect(said.indexOf('fake:bob')).toBeLessThan(said.indexOf('fake:alice'));
  });

  it('filters by part of an id or a name, and says when there is nobody', async () => {
    await tell(fakeMessage({ text: '一', sender: { key: 'u-1' as PersonKey, name: '小红' } }));
    await tell(fakeMessage({ text: '一', sender: { key: 'u-2' as PersonKey, name: '小明' } }));
    expect(await say('/users 小红')).toMatch(/u-1/);
    expect(await say('/users 小红')).not.toMatch(/u-2/);
    expect(await say('/users u-2')).toMatch(/小明/);
    expect(await say('/users 不存在')).toContain('没有找到');
  });

  it('asked in a group, answers in the direct chat with one line in the group', async () => {
    await say('一', 'alice');
    expect(await say('/users', 'root', false)).toBe('名单在和我的单聊里。');
    expect(world.adapter.sent.at(-1)?.to).toContain('direct-root');
    expect(world.adapter.sent.at(-1)?.markdown).toContain('fake:alice');
  });

  it('gives and takes the administrator’s role, never that of ADMINS', async () => {
    await say('/deny fake:alice');
    expect(await say('/users admin fake:alice')).toContain('已设为管理员');
    expect(await say('/users admin fake:alice')).toContain('已经是管理员');
    expect(await say('/status', 'alice')).not.toContain('只有管理员');
    expect(await say('/users user fake:root', 'alice')).toContain('ADMINS');
    expect(await say('/users user fake:alice')).toContain('普通用户');
    expect(await say('/status', 'alice')).toContain('只有管理员');
    expect(await mayAsk('alice')).toBe(true);
    expect(await say('/users user fake:alice')).toContain('不是管理员');
  });

  it.each(['alice', '@alice', 'other:alice', 'fake:chat:group-1', 'fake:*', 'fake:alice fake:bob'])(
    'makes nobody administrator by “%s”',
    async (written) => {
      expect(await say(`/users admin ${written}`)).toContain('/whoami');
      expect(world.policy.current().administrators).toEqual([]);
    },
  );

  it('the last administrator stays one while ADMINS is empty', async () => {
    await again({});
    await world.policy.addAdministrator({
      platform: world.adapter.platform,
      id: 'first',
      addedAt: 1,
      addedBy: 'code',
    });
    expect(await say('/users user fake:first', 'first')).toContain('最后一位管理员');
    await say('/users admin fake:second', 'first');
    expect(await say('/users user fake:first', 'second')).toContain('普通用户');
    expect(world.policy.current().administrators.map(({ id }) => id)).toEqual(['second']);
  });
});

describe('/audit', () => {
  it('tells who did what, when, and what it changed, the newest first', async () => {
    await say('/deny fake:alice');
    await say('/status', 'bob');
    await say('一个问题', 'alice');
    await say('/deny fake:root');
    const lines = (await say('/audit')).split('\n').filter((line) => line.startsWith('- '));
    expect(lines[0]).toMatch(/^- \d\d-\d\d \d\d:\d\d:\d\d ✓ audit · `fake:root` · `#\w{4}`$/);
    expect(lines[1]).toMatch(/✗ deny · `fake:root` · `#\w{4} fake:root=administrator`$/);
    expect(lines[2]).toMatch(/✗ ask · `fake:alice` · `#\w{4} fake:chat:p2p-alice`$/);
    expect(lines[3]).toMatch(/✗ status · `fake:bob`/);
    expect(lines[4]).toMatch(/✓ deny · `fake:root` · `#\w{4} fake:alice=denied`$/);
    expect(lines).toHaveLength(5);
  });

  it('a refused person’s flood is one row an hour for each chat, without a word of what was said', async () => {
    await say('/deny fake:alice');
    for (let index = 0; index < 6; index += 1) await say(`机密 ${index}`, 'alice');
    await say('机密', 'alice', false);
    const rows = await world.store.audit.newest(100, { platform: world.adapter.platform, id: 'alice' });
    // Two, or one more of each when the hour ends meanwhile.
    expect([2, 3, 4]).toContain(rows.length);
    expect(rows.every(({ act, allowed }) => act === 'ask' && !allowed)).toBe(true);
    expect(JSON.stringify(rows)).not.toContain('机密');
  });

  it('takes a count and a person, and answers in the direct chat', async () => {
    await say('/status', 'bob');
    await say('/deny fake:alice');
    const ofBob = (await say('/audit 5 fake:bob')).split('\n').filter((line) => line.startsWith('- '));
    expect(ofBob).toHaveLength(1);
    expect((await say('/audit 2')).split('\n').filter((line) => line.startsWith('- '))).toHaveLength(2);
    for (const wrong of ['bob', '@bob', '1 2', 'fake:chat:group-1'])
      expect(await say(`/audit ${wrong}`)).toContain('用法');
    expect(await say('/audit', 'root', false)).toBe('记录在和我的单聊里。');
    expect(world.adapter.sent.at(-1)?.markdown).toContain('fake:bob');
  });
});
