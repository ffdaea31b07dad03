import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../../fakes/core.ts';
import { fakeMessage } from '../../fakes/adapter.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld({ admins: ['root', 'second'] });
});
afterEach(() => world.close());

/** Says something in the direct chat and gives back the number of the reply. */
async function begin(text: string, from = 'root'): Promise<number> {
  const reply = world.adapter.replies.length;
  await world.core.inbox(fakeMessage({ text, from, direct: true, chat: `${from}-direct` }));
  await world.until(() => world.adapter.replies.length > reply, text);
  return reply;
}

async function say(text: string, from = 'root'): Promise<string> {
  const reply = await begin(text, from);
  await world.until(() => world.adapter.replies[reply]?.outcome !== undefined, text);
  return world.adapter.replies[reply]?.states.at(-1)?.markdown ?? '';
}

const codeIn = (words: string): string => /confirm ([a-z0-9]{6})/.exec(words)?.[1] ?? '';
const heard = (): string[] => world.adapter.sent.map(({ to, markdown }) => `${to} ${markdown}`);

describe('/broadcast', () => {
  it('shows the text and who gets it, and sends nothing before it is confirmed', async () => {
    await say('在吗', 'alice');
    await world.core.inbox(fakeMessage({ from: 'bob', chat: 'finance' }));
    await world.until(() => world.adapter.replies[1]?.outcome !== undefined);
    const words = await say('/广播 **今晚**八点维护\n请保存');
    expect(words).toContain('将发给 2 个会话');
    expect(words).toContain('fake：群 1 个，私聊 1 个');
    expect(words).toContain('**今晚**八点维护\n请保存');
    expect(words).toMatch(/10 分钟内发送 `\/broadcast confirm [a-z0-9]{6}`/);
    expect(heard()).toEqual([]);
    expect(await say(`/broadcast confirm ${codeIn(words)}`, 'second')).toContain('没有等待确认的广播');
    expect(await say('/broadcast confirm')).toContain('没有等待确认的广播');
    expect(await say('/broadcast 确认。')).toContain('没有等待确认的广播');
    expect(heard()).toEqual([]);
  });

  it('shows how far it has come, and at the end what became of it', async () => {
    for (const person of ['alice', 'bob', 'carol']) await say('在吗', person);
    const code = codeIn(await say('/broadcast 大家好'));
    const reply = await begin(`／广播\u3000确认 ${code.toUpperCase()}。`);
    await world.until(() => world.adapter.replies[reply]?.outcome === 'complete', 'the end');
    const states = world.adapter.replies[reply]?.states ?? [];
    expect(states.some(({ progress = '' }) => /正在发送 \d \/ 3/.test(progress))).toBe(true);
    expect(states.at(-1)?.markdown).toBe('广播发完了。已发送 3 个会话。');
    expect(heard().toSorted()).toEqual(
      ['alice', 'bob', 'carol'].map((person) => `"direct-${person}" 大家好`),
    );
  });

  it.each(['/broadcast stop', '/stop'])('%s ends it', async (stop) => {
    for (const person of ['a', 'b', 'c', 'd', 'e', 'f']) await say('在吗', person);
    const code = codeIn(await say('/broadcast 大家好'));
    const reply = await begin(`/broadcast confirm ${code}`);
    await world.until(() => heard().length === 1, 'the first hears it');
    await world.until(
      () =>
        world.adapter.replies[reply]?.states.some(({ progress = '' }) => progress.includes(' / 6')) === true,
    );
    await say(stop);
    await world.until(() => world.adapter.replies[reply]?.outcome !== undefined, 'the end of the card');
    expect((await world.store.broadcasts.sending()).length).toBe(0);
    expect(heard().length).toBeLessThan(6);
    expect(await say('/broadcast stop')).toBe('现在没有正在发送的广播。');
  });

  it('is written down with what was done and to how many, and never its text', async () => {
    await say('在吗', 'alice');
    const code = codeIn(await say('/broadcast 机密甲乙丙'));
    await say(`/broadcast confirm ${code}`);
    const details = (await world.store.audit.newest(10)).map(({ act, detail }) => [
      act,
      detail.replace(/^#\S+ /, ''),
    ]);
    expect(details).toEqual([
      ['broadcast', `confirm ${code}: begun`],
      ['broadcast', `asked ${code}: 1 chats`],
    ]);
    expect(JSON.stringify(details) + world.logged.join('')).not.toContain('甲乙丙');
  });

  it('says what it needs, and that there is nobody', async () => {
    expect(await say('/broadcast')).toContain('加上要通知的内容');
    expect(await say('/broadcast 大家好')).toContain('什么都没有发');
    await say('/lang en');
    expect(await say('/broadcast hello')).toContain('nothing was sent');
  });
});
