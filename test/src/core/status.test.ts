import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FactBlock } from '../../../src/contract/reply.ts';
import type { ModelHealth } from '../../../src/model/types.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { description, failing, saying } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

async function say(text: string, from: string, direct = true) {
  const before = world.adapter.replies.length;
  await world.core.inbox(fakeMessage({ text, from, direct, chat: direct ? `p2p-${from}` : 'group-1' }));
  await world.until(
    () =>
      world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length > before &&
      world.core.running() === 0,
    `an answer to ${text}`,
  );
  const { markdown, facts = [] } = world.adapter.last();
  return { words: markdown, facts, shown: JSON.stringify({ markdown, facts }) };
}

/** The lines of the table with this title, as `name: value`. */
function linesOf(facts: readonly FactBlock[], title: string): string[] {
  const tables = facts.filter((fact) => fact.type === 'table');
  const table = tables.find(({ title: own, columns }) => own === title || columns[0] === title);
  return table?.rows.map((cells) => cells.join(': ')) ?? [];
}

const health = (more: Partial<ModelHealth>): ModelHealth => ({
  description,
  state: 'up',
  since: new Date(Date.now() - 3 * 3_600_000),
  ...more,
});
const servers = (...all: ModelHealth[]): void => void Object.assign(world.model, { health: () => all });

describe('/status', () => {
  it('says first that all is well, and then how much is being done', async () => {
    const { words } = await say('/status', 'root');
    expect(words.split('\n')[0]).toBe('**✓ 一切正常**');
    expect(words).toMatch(/正在回答 \d+ · 等待中 0/);
    expect(words).toContain('版本 test');
    expect(words).toMatch(/数据库 \d+\.\d MB/);
  });

  it('shows a model server with engine, work, figures and failures of the last hour, upright', async () => {
    servers(
      health({
        description: { ...description, version: '0.11.2' },
        latencyMs: 35,
        load: { running: 3, waiting: 1, concurrency: 16, engine: { running: 5, waiting: 2 } },
      }),
    );
    const fault = { code: 'overloaded', evidence: '503' } as const;
    world.model.answerWith(saying('好'), failing({ reason: 'failed', fault, host: description.host }));
    await say('一', 'alice');
    await say('二', 'alice');
    const { words, facts } = await say('/status', 'root');
    expect(words).toMatch(/^\*\*✗ 近 1 小时有 1 个提问没答好：过载 1\*\*/);
    expect(words).toContain('今天：完成 1 · 失败 1 · 中断 0');
    expect(facts[0]).toMatchObject({ columns: ['模型服务器', description.host] });
    const lines = linesOf(facts, '模型服务器');
    expect(lines).toContain('状态: ✓ 正常 · 3 小时 · 35 ms');
    expect(lines).toContain(`模型: ${description.model}`);
    expect(lines).toContain('引擎: vllm 0.11.2');
    expect(lines).toContain('上下文: 32,768 词元 · 能看图');
    expect(lines).toContain('处理中 · 排队: 3 / 16 · 1 · 引擎共 5 · 2');
    expect(lines).toContain('近 1 小时提问: 2');
    expect(lines).toContain('近 1 小时失败: 过载 1');
    expect(lines.find((line) => line.startsWith('首个词元'))).toMatch(/: \d+\.\d 秒 \/ \d+\.\d 秒$/);
    expect(lines.find((line) => line.startsWith('最近失败'))).toMatch(/过载 · \d+ 秒前$/);
    // A page of Feishu's table has ten rows.
    expect(lines.length).toBeLessThanOrEqual(10);
  });

  it('draws the questions of the last hour, and nothing where there were none', async () => {
    expect((await say('/status', 'root')).facts.map(({ type }) => type)).toEqual(['table', 'table']);
    await say('一', 'alice');
    await say('二', 'bob');
    const series = (await say('/status', 'root')).facts.find(({ type }) => type === 'series');
    expect(series?.type === 'series' && series.points.map(({ value }) => value)).toHaveLength(12);
    expect(series?.type === 'series' && series.points.reduce((sum, { value }) => sum + value, 0)).toBe(2);
  });

  it('knows the last hour also after a restart', async () => {
    await say('一', 'alice');
    await world.restart();
    expect(linesOf((await say('/status', 'root')).facts, '模型服务器')).toContain('近 1 小时提问: 1');
  });

  it('names what is down first, one column for each server', async () => {
    const fault = { code: 'unreachable', evidence: 'ECONNREFUSED 10.0.0.7' } as const;
    servers(health({}), health({ description: { host: 'gpu-2:8000' }, state: 'down', fault }));
    const { words, facts } = await say('/status', 'root');
    expect(words).toMatch(/^\*\*✗ gpu-2:8000：现在连不上模型服务器。/);
    expect(facts[0]).toMatchObject({
      title: '模型服务器',
      columns: ['项目', description.host, 'gpu-2:8000'],
    });
    expect(linesOf(facts, '模型服务器')[0]).toMatch(/^状态: ✓ 正常 · 3 小时: ✗ 断开 · 连不上 · 3 小时$/);
  });

  it('in a group shows figures but no host, id or name', async () => {
    const fault = { code: 'unreachable', evidence: 'ECONNREFUSED 10.0.0.7' } as const;
    servers(health({}), health({ description: { host: 'gpu-2:8000' }, state: 'down', fault }));
    await say('一', 'alice');
    const { shown, words } = await say('/status', 'root', false);
    expect(words).toMatch(/^\*\*✗ 服务器 2：现在连不上模型服务器。/);
    expect(shown).toContain('Qwen3-VL-8B');
    expect(shown).not.toMatch(/gpu|10\.0\.0\.7|8000|alice|p2p|ECONN/);
  });

  it('shows a platform’s connection, calls and forecast', async () => {
    const lines = linesOf((await say('/status', 'root')).facts, '平台');
    expect(lines[0]).toMatch(/^状态: ✓ 正常 · \d+ 天/);
    expect(lines).toContain('重连: 0 次');
    expect(lines).toContain('本月预计: 0 次');
  });
});
