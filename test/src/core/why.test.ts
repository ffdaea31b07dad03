import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FactBlock } from '../../../src/contract/reply.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { description, failing, saying, sayingForEver, type Script } from '../../fakes/model.ts';

const host = description.host;

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

type Where = { readonly group?: true; readonly forgeable?: true };

/** Says it and gives back the newest reply once it has ended. */
async function say(text: string, from = 'alice', { group, forgeable }: Where = {}) {
  const before = world.adapter.replies.length;
  await world.core.inbox(
    fakeMessage({
      text,
      from,
      direct: group !== true,
      chat: group === true ? 'group-1' : `p2p-${from}`,
      ...(forgeable === true ? { forgeable } : {}),
    }),
  );
  await world.until(
    () =>
      world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length > before &&
      world.core.running() === 0,
    `an answer to ${text}`,
  );
  const { markdown, facts = [], footer = '', notice = '' } = world.adapter.last();
  return { words: markdown, facts, id: /#\w{4}/.exec(`${footer} ${notice}`)?.[0] ?? '' };
}

const rows = (facts: readonly FactBlock[]): readonly (readonly string[])[] =>
  facts.flatMap((fact) => (fact.type === 'table' ? fact.rows : []));
const stepsOf = (facts: readonly FactBlock[]): string[] => rows(facts).map(([name = '']) => name);
const unknown = '没有找到这个编号';

/** An answer whose request left late, was tried three times, and whose words took a while. */
const slow: Script = async function* () {
  const sentAt = new Date();
  yield { type: 'start', server: description, sentAt };
  yield { type: 'reasoning-delta', text: '想' };
  yield { type: 'text-delta', text: '机密答案' };
  yield { type: 'end', reason: 'stop', usage: { promptTokens: 1_234, completionTokens: 56 }, retries: 2 };
};

describe('/why', () => {
  it('shows the asker each step in milliseconds, in the order of time, with model, tokens and retries', async () => {
    world.model.answerWith(slow);
    const { id } = await say('机密问题');
    const { words, facts } = await say(`/why ${id}`);
    expect(words).toContain(`${id} · 已完成 · 共 `);
    expect(words).toContain('模型：Qwen3-VL-8B');
    expect(words).toContain('输入 1,234 · 输出 56');
    expect(words).toContain('重试：2');
    const steps = stepsOf(facts);
    expect(steps[0]).toBe('收到');
    expect([...steps].sort()).toEqual(
      [
        '收到',
        '出现回复',
        '轮到它，准备好了',
        '排队结束，发给模型',
        '第一个词元',
        '第一个字',
        '第一个字显示出来',
        '模型结束',
        '最后一次更新',
      ].sort(),
    );
    const times = rows(facts).map(([, at = '']) => Number(at.replaceAll(',', '')));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    const took = rows(facts).map(([, , lasted = '']) => Number(lasted.replaceAll(',', '')));
    expect(took.reduce((sum, one) => sum + one, 0)).toBe(times.at(-1));
    expect(JSON.stringify({ words, facts })).not.toMatch(/机密|gpu\.internal|vllm/);
  });

  it.each(['/why k7', '/why #????', '/why 没有', '/why zzzz'])(
    '%s finds nothing and says how',
    async (text) => {
      await say('问题');
      expect((await say(text)).words).toContain(unknown);
    },
  );

  it.each([
    ['/why', (id: string) => id.slice(1)],
    ['/为什么', (id: string) => id.replace('#', '＃')],
    ['／详情', (id: string) => id.toUpperCase()],
    ['/why', () => ''],
  ])('%s also understands how people write an id', async (name, write) => {
    const { id } = await say('问题');
    expect((await say(`${name} ${write(id)}`)).words).toContain(`${id} · 已完成`);
  });

  it('alone is about the last answer here, not about one elsewhere', async () => {
    const direct = await say('私聊');
    const group = await say('群里', 'alice', { group: true });
    expect((await say('/why')).words).toContain(direct.id);
    expect((await say('/why', 'alice', { group: true })).words).toContain(group.id);
    expect((await say('/why', 'bob')).words).toBe('你在这里还没有提过问题。');
  });

  it('tells others the same as of an id that does not exist', async () => {
    const { id } = await say('问题');
    const stranger = await say(`/why ${id}`, 'bob');
    expect(stranger).toMatchObject({ words: (await say('/why zzzz', 'bob')).words, facts: [] });
  });

  it('shows an administrator everybody’s, with the host in the direct chat only', async () => {
    const { id } = await say('问题');
    expect((await say(`/why ${id}`, 'root')).words).toContain(`服务器：${host} · vllm`);
    const inGroup = await say(`/why ${id}`, 'root', { group: true });
    expect(inGroup.words).toContain('已完成');
    expect(inGroup.words).not.toContain(host);
  });

  it('shows nobody else’s to an administrator whose message is not proven', async () => {
    const { id } = await say('问题');
    expect((await say(`/why ${id}`, 'root', { forgeable: true })).words).toContain(unknown);
  });

  it('says of a failed question why it failed, and how far it got', async () => {
    const fault = { code: 'overloaded', evidence: '503' } as const;
    world.model.answerWith(failing({ reason: 'failed', fault, host: 'gpu-2:8000' }));
    const { id } = await say('问题');
    const { words, facts } = await say(`/why ${id}`);
    expect(words).toContain(`${id} · 没有回答成`);
    expect(words).toContain('原因：现在提问的人太多了');
    expect(words).not.toContain('gpu-2');
    expect(stepsOf(facts)).not.toContain('第一个字');
    expect((await say(`/why ${id}`, 'root')).words).toMatch(/overloaded[^]*gpu-2:8000/);
  });

  it('says of a question that was refused that it never reached the model', async () => {
    await world.core.inbox(
      fakeMessage({ direct: true, chat: 'p2p-alice', sentAt: new Date(Date.now() - 9 * 3_600_000) }),
    );
    await world.until(() => world.adapter.replies[0]?.outcome !== undefined && world.core.running() === 0);
    const { words, facts } = await say('/why');
    expect(words).toContain('没有交给模型');
    expect(words).toContain('收到时已经太久了');
    expect(stepsOf(facts)).toContain('最后一次更新');
  });

  it('says of a question that is being answered that it is', async () => {
    world.model.answerWith(sayingForEver('一'));
    await world.core.inbox(fakeMessage({ direct: true, chat: 'p2p-alice' }));
    await world.until(() => world.adapter.replies[0]?.states.at(-1)?.markdown === '一');
    await world.core.inbox(fakeMessage({ text: '/why', direct: true, chat: 'p2p-alice' }));
    await world.until(() => world.adapter.replies[1]?.outcome !== undefined);
    expect(world.adapter.last().markdown).toContain('还在进行');
    expect(stepsOf(world.adapter.last().facts ?? [])).toContain('出现回复');
  });

  it('still knows after a restart', async () => {
    const { id } = await say('问题');
    await world.restart();
    expect(stepsOf((await say(`/why ${id}`)).facts)).toContain('模型结束');
  });

  it('leaves 为什么 alone to the model, as a question', async () => {
    world.model.answerWith(saying('因为'));
    await say('天空是蓝的');
    expect((await say('为什么')).words).toBe('因为');
    expect(world.model.asked).toHaveLength(2);
  });
});

describe('the record of an answer', () => {
  it('costs no write: as many as there are replies, questions and ends', async () => {
    const saves: string[] = [];
    const { turns } = world.store;
    const save = turns.save.bind(turns);
    Object.assign(turns, {
      save: (...call: Parameters<typeof save>) => {
        saves.push(Object.keys(call[1]).join());
        return save(...call);
      },
    });
    await say('问题');
    expect(saves.filter((keys) => keys === 'trace')).toEqual([]);
    expect(saves.filter((keys) => keys.includes('trace')).length).toBeGreaterThan(1);
  });
});
