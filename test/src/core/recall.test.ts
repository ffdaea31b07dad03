import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { fakeMediaRef, fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { saying, sayingForEver } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

const send = async (text: string, parts: Parameters<typeof fakeMessage>[0] = {}): Promise<InboundMessage> => {
  const message = fakeMessage({ text, ...parts });
  await world.core.inbox(message);
  return message;
};
const recall = (message: InboundMessage) =>
  world.core.inbox({
    type: 'recalled',
    eventKey: fakeMessage().eventKey,
    // Such events do not say what kind of place it was, nor which topic.
    place: { ...message.place, kind: 'group' },
    message: message.eventKey,
  });
const ended = (index: number) => (): boolean => world.adapter.replies[index]?.outcome !== undefined;
const textOf = (index: number): string => world.adapter.replies[index]?.states.at(-1)?.markdown ?? '';
const shown = (): string => JSON.stringify(world.model.asked.at(-1)?.messages);
const idle = (): Promise<void> => world.until(() => world.core.running() === 0, 'nothing runs');

describe('a message that is taken back', () => {
  it('stops its answer, keeps the words shown, and says so in plain words', async () => {
    world.model.answerWith(sayingForEver('开头'));
    const message = await send('问题');
    await world.until(() => textOf(0) === '开头');
    expect(await recall(message)).toEqual({ outcome: 'accepted' });
    await world.until(ended(0));
    expect(world.adapter.replies[0]?.outcome).toBe('stopped');
    expect(world.adapter.last()).toMatchObject({ markdown: '开头', notice: '消息已撤回，已停止' });
  });

  it('leaves the conversation with its answer, while the rest stays', async () => {
    world.model.answerWith(sayingForEver('撤回的开头'), saying('回答二'), saying('回答三'));
    const first = await send('撤回的问题');
    await world.until(() => textOf(0) === '撤回的开头');
    await recall(first);
    await world.until(ended(0));
    await send('问题二');
    await world.until(ended(1));
    await send('问题三');
    await world.until(ended(2));
    expect(shown()).toMatch(/问题二.*回答二.*问题三/);
    expect(shown()).not.toMatch(/撤回的/);
  });

  it('leaves the conversation also when it was answered long ago, and its button answers nothing again', async () => {
    world.adapter.media.set('picture', Uint8Array.of(1, 2));
    const first = await send('久远的问题', { media: [fakeMediaRef('picture')] });
    await world.until(ended(0));
    const { buttons } = world.adapter.last();
    await recall(first);
    await send('之后');
    await world.until(ended(1));
    expect(shown()).not.toContain('久远的问题');
    expect(world.model.asked.at(-1)?.messages.flatMap(({ images }) => images ?? [])).toEqual([]);
    const { place, sender, eventKey } = fakeMessage();
    const button = buttons?.find(({ kind }) => kind === 'retry')?.id ?? '';
    const { toast } = await world.core.inbox({ type: 'action', eventKey, place, actor: sender, button });
    expect(toast).toBe('这个问题已经删除了');
    // A thumb is still counted, and leaves the words in the chat as they are.
    const good = buttons?.find(({ kind }) => kind === 'good')?.id ?? '';
    await world.core.inbox({
      type: 'action',
      eventKey: fakeMessage().eventKey,
      place,
      actor: sender,
      button: good,
    });
    await idle();
    expect(textOf(0)).toBe('ok');
    expect(world.adapter.replies[0]?.closes).toBe(1);
  });

  it('takes every answer that was given to it again along', async () => {
    world.model.answerWith(saying('答案一'), saying('答案二'), saying('好'));
    const first = await send('会重试的问题');
    await world.until(ended(0));
    await send('/retry');
    await world.until(ended(1));
    await recall(first);
    await send('之后');
    await world.until(ended(2));
    expect(shown()).not.toMatch(/会重试的问题|答案一|答案二/);
  });

  it('is not answered when it comes only after the news of its recall', async () => {
    const late = fakeMessage({ text: '先撤回后到' });
    expect(await recall(late)).toEqual({ outcome: 'ignored' });
    expect(await world.core.inbox(late)).toEqual({ outcome: 'ignored' });
    expect(world.model.asked).toEqual([]);
  });

  it('of another person or chat changes nothing here', async () => {
    await send('留下的问题');
    await world.until(ended(0));
    const other = await send('别人的', { from: 'bob' });
    await world.until(ended(1));
    await recall(other);
    await send('接着');
    await world.until(ended(2));
    expect(shown()).toContain('留下的问题');
  });

  it('stays out of memory when the process dies before its answer was ended', async () => {
    world.model.answerWith(sayingForEver('半'), saying('不该出现'));
    const message = await send('死前撤回的问题');
    await world.until(() => textOf(0) === '半');
    await world.store.forget.eraseMessage(message.place.adapter, message.eventKey, Date.now());
    await world.restart();
    await world.until(ended(0));
    expect(world.adapter.replies[0]?.outcome).toBe('stopped');
    expect(world.model.asked).toHaveLength(1);
  });
});

describe('one of several messages that are answered as one', () => {
  /** A question that is being answered, without a word shown, with its second message taken in. */
  async function burst(): Promise<readonly [InboundMessage, InboundMessage]> {
    world.model.answerWith(sayingForEver(), sayingForEver(), saying('完整的回答'), saying('好'));
    const first = await send('第一句');
    await world.until(() => world.model.asked.length === 1);
    const second = await send('第二句');
    await world.until(() => world.model.asked.length === 2);
    expect(shown()).toContain('第一句\\n第二句');
    return [first, second];
  }

  it('is left out, and the rest asked again, while nothing is shown', async () => {
    const [, second] = await burst();
    await recall(second);
    await world.until(ended(0));
    expect(world.model.asked).toHaveLength(3);
    expect(shown()).toContain('第一句');
    expect(shown()).not.toContain('第二句');
    expect(textOf(0)).toBe('完整的回答');
    await send('之后');
    await world.until(ended(1));
    expect(shown()).toMatch(/第一句.*完整的回答/);
    expect(shown()).not.toContain('第二句');
  });

  it('may be the first of them', async () => {
    const [first] = await burst();
    await recall(first);
    await world.until(ended(0));
    expect(shown()).toContain('第二句');
    expect(shown()).not.toContain('第一句');
    await send('之后');
    await world.until(ended(1));
    expect(shown()).toMatch(/第二句.*完整的回答/);
    expect(shown()).not.toContain('第一句');
  });

  it('stops everything once both are taken back', async () => {
    const [first, second] = await burst();
    world.model.answerWith(sayingForEver());
    await recall(first);
    await world.until(() => world.model.asked.length === 3);
    await recall(second);
    await world.until(ended(0));
    expect(world.adapter.replies[0]?.outcome).toBe('stopped');
    expect(world.adapter.last().notice).toContain('已撤回');
    world.model.answerWith(saying('好'));
    await send('之后');
    await world.until(ended(1));
    expect(shown()).not.toMatch(/第一句|第二句/);
  });

  it('does not come back after a crash', async () => {
    const [, second] = await burst();
    world.model.answerWith(sayingForEver(), saying('重启后的回答'));
    await recall(second);
    await world.until(() => world.model.asked.length === 3);
    await world.restart();
    await world.until(ended(0));
    expect(textOf(0)).toBe('重启后的回答');
    expect(shown()).toContain('第一句');
    expect(shown()).not.toContain('第二句');
  });

  it('stops the answer that is already shown, and takes the whole of it out of memory', async () => {
    world.model.answerWith(sayingForEver(), sayingForEver('已经看到'), saying('好'));
    await send('第一句');
    await world.until(() => world.model.asked.length === 1);
    const second = await send('第二句');
    await world.until(() => textOf(0) === '已经看到');
    await recall(second);
    await world.until(ended(0));
    expect(world.adapter.replies[0]?.outcome).toBe('stopped');
    await send('之后');
    await world.until(ended(1));
    expect(shown()).not.toMatch(/第一句|第二句|已经看到/);
  });

  it('takes the answer out of memory also long after it was given', async () => {
    world.model.answerWith(sayingForEver(), saying('两句的回答'), saying('好'));
    await send('第一句');
    await world.until(() => world.model.asked.length === 1);
    const second = await send('第二句');
    await world.until(ended(0));
    await recall(second);
    await send('之后');
    await world.until(ended(1));
    expect(shown()).not.toMatch(/第二句|两句的回答/);
  });
});
