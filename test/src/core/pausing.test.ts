import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../../fakes/core.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { saying, sayingForEver } from '../../fakes/model.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

/** Says something and gives back what stands in the reply at its end. */
async function say(text: string, part: Parameters<typeof fakeMessage>[0] = {}): Promise<string> {
  const before = world.adapter.replies.length;
  await world.core.inbox(fakeMessage({ text, from: 'root', direct: true, chat: 'root-direct', ...part }));
  await world.until(() => world.adapter.replies[before]?.outcome !== undefined, text);
  return world.adapter.replies[before]?.states.at(-1)?.markdown ?? '';
}
const ask = (from: string, text = '在吗'): Promise<string> =>
  say(text, { from, direct: false, chat: 'group-1' });

describe('a paused service', () => {
  it('tells whoever asks, with the administrator’s note, and asks no model', async () => {
    expect(await say('/pause 换显卡，三点恢复。')).toContain(
      '服务正在维护，暂时不回答问题：换显卡，三点恢复。',
    );
    expect(await ask('alice')).toBe('服务正在维护，暂时不回答问题：换显卡，三点恢复。请稍后再来。');
    expect(world.model.asked).toHaveLength(0);
  });

  it('still answers commands, and the questions of administrators', async () => {
    await say('/pause');
    expect(await ask('alice', '/whoami')).toContain('fake:alice');
    expect(await say('在吗')).toBe('ok');
  });

  it('lets answers in progress go on', async () => {
    let goOn = (): void => undefined;
    world.model.answerWith(async function* () {
      yield { type: 'text-delta', text: '一' };
      await new Promise<void>((resolve) => (goOn = resolve));
      yield { type: 'text-delta', text: '二' };
      yield { type: 'end', reason: 'stop' };
    });
    await world.core.inbox(fakeMessage({ from: 'alice' }));
    await world.until(() => world.adapter.replies[0]?.states.at(-1)?.markdown === '一');
    await say('/pause');
    goOn();
    await world.until(() => world.adapter.replies[0]?.outcome === 'complete');
    expect(world.adapter.replies[0]?.states.at(-1)?.markdown).toBe('一二');
  });

  it('is still paused after a restart', async () => {
    await say('/pause');
    await world.policy.reload();
    await world.restart();
    expect(await ask('alice')).toContain('正在维护');
  });

  it('says when it resumes how long it was and how many were turned away', async () => {
    await say('/pause');
    for (const from of ['alice', 'alice', 'bob']) await ask(from);
    await ask('alice', '/whoami');
    expect(await say('/resume')).toMatch(
      /^好，服务恢复了，共暂停 \d+ 秒。这段时间有 2 个人的 3 个问题没有回答。$/,
    );
    world.model.answerWith(saying('在'));
    expect(await ask('alice')).toBe('在');
    expect(await say('/resume')).toBe('服务没有暂停。');
  });

  it('keeps its beginning when only the note is changed', async () => {
    await say('/pause 甲');
    await ask('alice');
    expect(await say('/pause 乙')).toContain('服务已暂停');
    expect(await ask('alice')).toContain('：乙。');
    expect(await say('/resume')).toContain('1 个人的 2 个问题');
  });

  it('refuses a note that is no note, and pauses nothing', async () => {
    expect(await say(`/pause ${'长'.repeat(201)}`)).toContain('太长');
    expect(await ask('alice')).toBe('ok');
  });
});

describe('pausing', () => {
  it.each([
    ['somebody else', { from: 'alice' }],
    ['a namesake of an administrator', { from: 'alice', sender: { key: 'alice', name: 'root' } as never }],
    ['nobody in particular', { from: '' }],
    ['an administrator whose message is not proven', { from: 'root', forgeable: true as const }],
  ])('is not for %s', async (_who, part) => {
    for (const text of ['/pause', '/resume', '/queue', '/queue stop all', '/broadcast 大家好']) {
      const said = await say(text, part);
      expect(said).toMatch(/只有管理员|不能使用/);
    }
    expect(await ask('bob')).toBe('ok');
    expect(world.adapter.sent).toEqual([]);
  });

  it('is written down with what was done, without the note', async () => {
    await say('/pause 换显卡');
    await say('/resume');
    const rows = await world.store.audit.newest(10);
    expect(rows.map(({ act, allowed, detail }) => [act, allowed, detail.replace(/^#\S+ /, '')])).toEqual([
      ['resume', true, 'resumed, 0 turned away'],
      ['pause', true, 'paused'],
    ]);
    expect(JSON.stringify(rows)).not.toContain('显卡');
  });

  it('speaks English to whoever chose it', async () => {
    await say('/lang en');
    expect(await say('/pause new disks')).toContain('The service is paused for maintenance: new disks.');
    expect(await say('/resume')).toMatch(
      /^Done, the service is back after \d+ s\. Nobody asked meanwhile\.$/,
    );
  });
});

describe('/queue', () => {
  const row = (reply: number) => world.adapter.replies[reply]?.states.at(-1)?.facts?.[0];

  it('shows what runs and what waits, by short id, and persons in the direct chat only', async () => {
    world.model.answerWith(sayingForEver('一'), async function* (_request, signal) {
      yield { type: 'queued', ahead: 3 };
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      yield { type: 'end', reason: 'aborted' };
    });
    await world.core.inbox(fakeMessage({ from: 'alice', text: '第一' }));
    await world.until(() => world.adapter.replies[0]?.states.at(-1)?.markdown === '一');
    await world.core.inbox(fakeMessage({ from: 'alice', text: '第二' }));
    await world.core.inbox(fakeMessage({ from: 'bob', text: '第三' }));
    await world.until(() => world.model.asked.length === 2 && world.adapter.replies.length === 3);
    expect(await say('/queue')).toContain('正在回答 1 个，排队 2 个。');
    const direct = row(3);
    expect(
      direct?.type === 'table' && direct.rows.map((cells) => cells.filter((_cell, index) => index !== 3)),
    ).toEqual([
      [expect.stringMatching(/^#\w{4}$/), 'fake', '正在回答', 'fake:alice'],
      [expect.stringMatching(/^#\w{4}$/), 'fake', '等同一对话的前 1 个', 'fake:alice'],
      [expect.stringMatching(/^#\w{4}$/), 'fake', '等模型，前面 3 个', 'fake:bob'],
    ]);
    await say('/queue', { direct: false, chat: 'group-1' });
    expect(JSON.stringify(row(4))).not.toMatch(/alice|bob/);
    expect(JSON.stringify(world.adapter.replies[4]?.states.at(-1))).not.toMatch(/第一|第二|第三/);
  });

  it('stops one, whose asker reads who did it, and leaves the others alone', async () => {
    world.model.answerWith(sayingForEver('一'));
    await world.core.inbox(fakeMessage({ from: 'alice' }));
    await world.core.inbox(fakeMessage({ from: 'bob' }));
    await world.until(
      () => world.adapter.replies.filter(({ states }) => states.at(-1)?.markdown === '一').length === 2,
    );
    await say('/queue');
    const table = row(2);
    const id = (table?.type === 'table' && table.rows[0]?.[0]) || '';
    expect(await say(`/queue stop ${id.toUpperCase()}`)).toContain('已停止 1 个');
    await world.until(() => world.adapter.replies[0]?.outcome === 'stopped');
    expect(world.adapter.replies[0]?.states.at(-1)).toMatchObject({
      markdown: '一',
      notice: '管理员停止了这个回答。',
    });
    expect(world.adapter.replies[1]?.outcome).toBeUndefined();
    expect(await say(`/queue stop ${id}`)).toContain('没有正在处理的问题是这个编号');
    expect(await say('/队列 停止 全部')).toContain('已停止 1 个');
    await world.until(() => world.adapter.replies[1]?.outcome === 'stopped');
  });

  it('stops what waits, too, and says when there is nothing', async () => {
    expect(await say('/queue')).toBe('现在没有正在处理的问题。');
    expect(await say('/queue stop all')).toBe('现在没有正在处理的问题。');
    expect(await say('/queue stop')).toContain('/queue stop #编号');
    world.model.answerWith(sayingForEver('一'), saying('二'));
    await world.core.inbox(fakeMessage({ from: 'alice', text: '第一' }));
    await world.until(() => world.model.asked.length === 1 && world.adapter.replies.length === 4);
    await world.until(() => world.adapter.replies[3]?.states.at(-1)?.markdown === '一');
    await world.core.inbox(fakeMessage({ from: 'alice', text: '第二' }));
    await world.until(() => world.adapter.replies.length === 5);
    expect(await say('/queue stop all')).toContain('已停止 2 个');
    await world.until(() => world.adapter.replies.slice(3, 5).every(({ outcome }) => outcome === 'stopped'));
    expect(world.model.asked).toHaveLength(1);
  });
});
