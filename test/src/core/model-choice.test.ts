import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelOffer } from '../../../src/model/types.ts';
import type { fakeMessage } from '../../fakes/adapter.ts';
import { fakeMediaRef } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { description, saying } from '../../fakes/model.ts';

let world: World;

const offer = (id: string, vision: ModelOffer['vision'] = 'unknown'): ModelOffer => ({
  id,
  contextTokens: 16_384,
  vision,
});
const usual = offer(description.model, 'yes');

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
  world.model.offer(usual, offer('Qwen3-32B', 'no'), offer('/srv/Qwen3-14B'));
});
afterEach(() => world.close());

type Parts = Parameters<typeof fakeMessage>[0];

const say = (text: string, parts?: Parts): Promise<string> => world.say(text, parts);

const asked = (): (string | undefined)[] => world.model.asked.map(({ model }) => model);
const footer = (): string => world.adapter.last().footer ?? '';

describe('/model', () => {
  it('shows what answers and the choices, without paths', async () => {
    const words = await say('/model');
    expect(words).toContain('**Qwen3-VL-8B**（自动选择）');
    expect(words).toContain('1. `Qwen3-VL-8B`（能看图，上下文 16,384 词元）');
    expect(words).toContain('3. `Qwen3-14B`');
    expect(words).not.toContain('/srv');
  });

  it.each([
    ['/model 2', 'Qwen3-32B'],
    ['/模型 qwen3-32b', 'Qwen3-32B'],
    ['/model Qwen3-14B', '/srv/Qwen3-14B'],
    ['／model　３', '/srv/Qwen3-14B'],
  ])('%s chooses %s for this conversation only', async (command, chosen) => {
    await say(command);
    await say('问题');
    expect(footer()).toContain(chosen.split('/').at(-1));
    await say('问题', { from: 'bob' });
    expect(asked()).toEqual([chosen, undefined]);
  });

  it('goes back to automatic, and outlives /new and a restart until then', async () => {
    await say('/model 2');
    await say('/new');
    await world.restart();
    await say('问题');
    await say('/model auto');
    await say('问题');
    expect(asked()).toEqual(['Qwen3-32B', undefined]);
  });

  it.each(['/model 9', '/model 0', '/model gpt'])(
    '%s chooses nothing and shows the choices',
    async (command) => {
      expect(await say(command)).toContain('没有这个模型可以选');
      await say('问题');
      expect(asked()).toEqual([undefined]);
    },
  );

  it('asks for a number where two have the same name, and shows their ids', async () => {
    world.model.offer(offer('a/Qwen3-8B'), offer('b/Qwen3-8B'));
    expect(await say('/model Qwen3-8B')).toContain('1. `a/Qwen3-8B`');
    await say('/model b/Qwen3-8B');
    await say('问题');
    expect(asked()).toEqual(['b/Qwen3-8B']);
  });

  it('falls back with one remark when the chosen one disappears', async () => {
    await say('/model 2');
    world.model.offer(usual);
    world.model.answerWith(saying('好'));
    await say('问题');
    expect(footer()).toContain('你选的 Qwen3-32B 已经没有了');
    await say('问题');
    expect(footer()).not.toContain('Qwen3-32B');
    expect(asked()).toEqual([undefined, undefined]);
  });

  it('says when another one answered because the chosen one is away, and keeps the choice', async () => {
    await say('/model 2');
    world.model.answerWith((_request, signal) => saying('好')({ messages: [] }, signal));
    await say('问题');
    expect(footer()).toContain('Qwen3-32B 现在用不了');
    await say('问题');
    expect(asked()).toEqual(['Qwen3-32B', 'Qwen3-32B']);
  });

  it('says when another one answered because the chosen one is blind', async () => {
    await say('/model 2');
    world.adapter.media.set('p', new Uint8Array([1]));
    world.model.answerWith((_request, signal) => saying('好')({ messages: [] }, signal));
    await say('看图', { media: [fakeMediaRef('p')] });
    expect(footer()).toContain('Qwen3-32B 看不了图片');
  });
});

describe('/models', () => {
  const admin: Parts = { from: 'root', direct: true, chat: 'p2p-root' };

  it('lists every model of each server, its host in the direct chat only', async () => {
    await say('/models', admin);
    expect(world.adapter.last().facts).toEqual([
      {
        type: 'table',
        title: 'gpu.internal:8000',
        columns: ['模型', '上下文', '看图', '可选'],
        rows: [
          ['/models/Qwen/Qwen3-VL-8B（默认）', '16,384', '✓', '✓'],
          ['Qwen3-32B', '16,384', '✗', '✓'],
          ['/srv/Qwen3-14B', '16,384', '–', '✓'],
        ],
      },
    ]);
    await say('/models', { from: 'root' });
    expect(JSON.stringify(world.adapter.last())).not.toMatch(/gpu\.internal|\/srv/);
  });

  it('restricts the choice: denied, allowed again, only these, none, all', async () => {
    expect(await say('/models deny Qwen3-32B', admin)).toContain('这些不能选：`Qwen3-32B`');
    expect(await say('/model Qwen3-32B')).toContain('没有这个模型可以选');
    expect(await say('/models allow Qwen3-32B', admin)).toContain('所有模型都可以选');
    expect(await say('/models allow Qwen3-32B', admin)).toContain('只有这些可以选：`Qwen3-32B`');
    expect(await say('/model')).not.toContain('Qwen3-14B');
    expect(await say('/models deny Qwen3-32B', admin)).toContain('现在没有模型可以选');
    expect(await say('/model')).toContain('没有可以另外选的模型');
    expect(await say('/models all', admin)).toContain('所有模型都可以选');
    const rows = await world.store.audit.newest(10);
    expect(rows.map(({ detail }) => detail.replace(/^#\w+ /, '')).toReversed()).toEqual([
      'deny Qwen3-32B',
      'allow Qwen3-32B',
      'allow Qwen3-32B',
      'deny Qwen3-32B',
      'all',
    ]);
  });

  it('takes a choice back that is no longer allowed, with one remark', async () => {
    await say('/model 2');
    await say('/models deny Qwen3-32B', admin);
    await say('问题');
    expect(footer()).toContain('管理员不再开放 Qwen3-32B');
    await say('问题');
    expect(footer()).not.toContain('Qwen3-32B');
    expect(asked()).toEqual([undefined, undefined]);
  });

  it('changes nothing when any of the names is unknown', async () => {
    expect(await say('/models deny Qwen3-32B nonsense', admin)).toContain('没有这样的模型：`nonsense`');
    expect(await say('/model 2')).toContain('**Qwen3-32B**');
  });

  it('is refused to others', async () => {
    expect(await say('/models all')).toBe('这个命令只有管理员可以用。');
  });
});
