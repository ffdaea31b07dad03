import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { saying, sayingForEver } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

const closed = (count: number) => (): boolean =>
  world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length >= count;
const textOf = (index: number): string => world.adapter.replies[index]?.states.at(-1)?.markdown ?? '';

describe('buttons', () => {
  async function running(): Promise<string> {
    world.model.answerWith(sayingForEver('开头'));
    await world.core.inbox(fakeMessage());
    await world.until(() => textOf(0) === '开头');
    return world.adapter.last().buttons?.[0]?.id ?? '';
  }
  const press = (button: string, from: string) => {
    const { place, sender } = fakeMessage({ from });
    return world.core.inbox({
      type: 'action',
      eventKey: fakeMessage().eventKey,
      place,
      actor: sender,
      button,
    });
  };

  it('stop ends the answer, keeps its text and says so', async () => {
    const stop = await running();
    expect(await press(stop, 'alice')).toMatchObject({ toast: '正在停止' });
    await world.until(closed(1));
    expect(world.adapter.replies[0]?.outcome).toBe('stopped');
    expect(textOf(0)).toBe('开头');
    expect(world.adapter.last().notice).toBe('已停止');
    expect(await press(stop, 'alice')).toMatchObject({ toast: '这个回答已经结束了' });
  });

  it('stop works for the asker and administrators only', async () => {
    const stop = await running();
    expect(await press(stop, 'mallory')).toMatchObject({ toast: '只有提问的人和管理员可以操作' });
    expect(await press(stop, 'root')).toMatchObject({ toast: '正在停止' });
    await world.until(closed(1));
  });

  it('retry answers in a new reply once, and marks the old one', async () => {
    world.model.answerWith(saying('第一次'), saying('第二次'));
    await world.core.inbox(fakeMessage());
    await world.until(closed(1));
    const retry = world.adapter.last().buttons?.find(({ kind }) => kind === 'retry')?.id ?? '';
    const presses = await Promise.all([press(retry, 'alice'), press(retry, 'alice')]);
    expect(presses.map(({ toast }) => toast).sort()).toEqual(['已经重试过了，请看新的回答', '正在重新回答']);
    await world.until(closed(2));
    await world.until(() => world.adapter.replies[0]?.closes === 2);
    expect(world.adapter.replies).toHaveLength(2);
    expect(textOf(0)).toBe('第一次');
    expect(world.adapter.replies[0]?.states.at(-1)).toMatchObject({ buttons: [] });
    expect(world.adapter.replies[0]?.states.at(-1)?.footer).toContain('已重新回答');
    expect(textOf(1)).toBe('第二次');
    expect(world.model.asked[1]?.messages.map(({ text }) => text)).not.toContain('第一次');
  });

  it('that we never put up do nothing', async () => {
    for (const id of ['', 'x.stop', '../../etc.retry', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa.retry']) {
      expect(await press(id, 'root')).toEqual({ outcome: 'ignored', toast: '这个按钮已失效' });
    }
  });
});
