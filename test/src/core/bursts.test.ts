import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventKey, QuoteRef } from '../../../src/contract/ids.ts';
import { scopeOf } from '../../../src/core/scope.ts';
import { fakeMediaRef, fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { saying, sayingForEver } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const closed = (count: number) => (): boolean =>
  world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length >= count;
const asked = (count: number) => (): boolean => world.model.asked.length >= count;
const words = (index: number): string | undefined => world.model.asked[index]?.messages.at(-1)?.text;

/** Every stored turn, parts included, has come to its end. */
async function allEnded(): Promise<void> {
  let left = -1;
  await world.until(() => {
    void world.store.turns.unfinished().then((turns) => {
      left = turns.length;
    });
    return left === 0;
  }, 'nothing is left unended');
}

describe('several messages of one person before any text was shown', () => {
  it('are one question: asked again with all of it, answered in the first one’s reply', async () => {
    world.model.answerWith(sayingForEver(), sayingForEver(), saying('都看到了'));
    await world.core.inbox(fakeMessage({ text: '我想问' }));
    await world.until(asked(1));
    await world.core.inbox(fakeMessage({ text: '关于报销的' }));
    await world.until(asked(2));
    await world.core.inbox(fakeMessage({ text: '流程是什么' }));
    await world.until(closed(1));
    expect(world.model.asked.map((_, index) => words(index))).toEqual([
      '我想问',
      '我想问\n关于报销的',
      '我想问\n关于报销的\n流程是什么',
    ]);
    expect(world.adapter.replies).toHaveLength(1);
    expect(world.adapter.last().markdown).toBe('都看到了');
    await allEnded();
  });

  it('a picture and its question are one', async () => {
    world.adapter.media.set('one', Uint8Array.of(1, 1));
    world.model.answerWith(sayingForEver(), saying('一只猫'));
    await world.core.inbox(fakeMessage({ text: '', media: [fakeMediaRef('one')] }));
    await world.until(asked(1));
    await world.core.inbox(fakeMessage({ text: '这是什么' }));
    await world.until(closed(1));
    expect(words(1)).toBe('这是什么');
    expect(world.model.asked[1]?.messages.at(-1)?.images).toHaveLength(1);
    expect(world.adapter.replies).toHaveLength(1);
  });

  it('stay one in the memory of the conversation and when answered again', async () => {
    world.model.answerWith(sayingForEver(), saying('好'), saying('再答'));
    await world.core.inbox(fakeMessage({ text: '第一句' }));
    await world.until(asked(1));
    await world.core.inbox(fakeMessage({ text: '第二句' }));
    await world.until(closed(1));
    await world.core.inbox(fakeMessage({ text: '/retry' }));
    await world.until(asked(3));
    expect(words(2)).toBe('第一句\n第二句');
    await world.until(closed(2));
    world.model.answerWith(saying('是'));
    await world.core.inbox(fakeMessage({ text: '还记得吗' }));
    await world.until(asked(4));
    expect(world.model.asked[3]?.messages.map(({ text }) => text).slice(1)).toEqual([
      '第一句\n第二句',
      '再答',
      '还记得吗',
    ]);
  });

  it('a redelivered part changes nothing', async () => {
    world.model.answerWith(sayingForEver());
    await world.core.inbox(fakeMessage({ text: '一' }));
    await world.until(asked(1));
    const part = fakeMessage({ text: '二' });
    await world.core.inbox(part);
    await world.until(asked(2));
    expect(await world.core.inbox(part)).toEqual({ outcome: 'ignored' });
    expect(words(1)).toBe('一\n二');
  });

  it('are taken up together after a crash', async () => {
    world.model.answerWith(sayingForEver());
    await world.core.inbox(fakeMessage({ text: '一' }));
    await world.until(asked(1));
    await world.core.inbox(fakeMessage({ text: '二' }));
    await world.until(asked(2));
    world.model.answerWith(saying('好'));
    await world.restart();
    await world.until(closed(1));
    expect(words(2)).toBe('一\n二');
    await allEnded();
  });

  it('are one also when they come in the same moment, before the first of them is stored', async () => {
    world.adapter.media.set('one', Uint8Array.of(1, 1));
    world.model.answerWith(saying('一只猫'));
    await Promise.all([
      world.core.inbox(fakeMessage({ text: '', media: [fakeMediaRef('one')] })),
      world.core.inbox(fakeMessage({ text: '这是什么' })),
      world.core.inbox(fakeMessage({ text: '请详细说' })),
    ]);
    await world.until(closed(1));
    await allEnded();
    expect(world.adapter.replies).toHaveLength(1);
    const [last] = world.model.asked.slice(-1);
    expect(last?.messages.at(-1)).toMatchObject({ text: '这是什么\n请详细说' });
    expect(last?.messages.at(-1)?.images).toHaveLength(1);
  });

  it('fetch no picture twice, however often the question is put together anew', async () => {
    const fetched: string[] = [];
    const { media } = world.adapter;
    media.set('one', Uint8Array.of(1, 1)).set('two', Uint8Array.of(1, 2));
    media.get = (name) => {
      fetched.push(name);
      return Map.prototype.get.call(media, name) as Uint8Array | undefined;
    };
    world.model.answerWith(sayingForEver(), sayingForEver(), saying('两只猫'));
    await world.core.inbox(fakeMessage({ text: '', media: [fakeMediaRef('one')] }));
    await world.until(asked(1));
    await world.core.inbox(fakeMessage({ text: '', media: [fakeMediaRef('two')] }));
    await world.until(asked(2));
    await world.core.inbox(fakeMessage({ text: '有什么不同' }));
    await world.until(closed(1));
    expect(world.model.asked[2]?.messages.at(-1)?.images).toHaveLength(2);
    expect(fetched).toEqual(['one', 'two']);
  });

  it('lose no picture to a crash that came before the last one was fetched', async () => {
    const { media } = world.adapter;
    media.set('one', Uint8Array.of(1, 1)).set('two', Uint8Array.of(1, 2));
    world.model.answerWith(sayingForEver());
    await world.core.inbox(fakeMessage({ text: '看', media: [fakeMediaRef('one')] }));
    await world.until(asked(1));
    const { fetchMedia } = world.adapter;
    world.adapter.fetchMedia = () => new Promise(() => undefined);
    await world.core.inbox(fakeMessage({ text: '', media: [fakeMediaRef('two')] }));
    world.adapter.fetchMedia = fetchMedia;
    world.model.answerWith(saying('好'));
    await world.restart();
    await world.until(closed(1));
    expect(world.model.asked.at(-1)?.messages.at(-1)?.images).toHaveLength(2);
  });

  it('go on without one that is recalled', async () => {
    world.model.answerWith(sayingForEver(), sayingForEver(), saying('好'));
    const first = fakeMessage({ text: '一' });
    await world.core.inbox(first);
    await world.until(asked(1));
    const part = fakeMessage({ text: '二' });
    await world.core.inbox(part);
    await world.until(asked(2));
    await world.core.inbox({
      type: 'recalled',
      eventKey: 'recall' as EventKey,
      place: part.place,
      message: part.eventKey,
    });
    await world.until(closed(1));
    expect(words(2)).toBe('一');
    await allEnded();
  });
});

describe('what comes later', () => {
  it('waits for its turn once text is shown, with its place in line', async () => {
    world.model.answerWith(sayingForEver('正文'), saying('后来'));
    await world.core.inbox(fakeMessage({ text: '一' }));
    await world.until(() => world.adapter.replies[0]?.states.at(-1)?.markdown === '正文');
    await world.core.inbox(fakeMessage({ text: '二' }));
    await world.until(() => world.adapter.replies.length === 2);
    await world.until(() => world.adapter.last().progress?.includes('1') === true);
    await world.core.inbox(fakeMessage({ text: '/stop' }));
    await world.until(() => world.model.asked.length === 1 || closed(3)());
  });

  it('is not mixed into an answer that was asked for once more', async () => {
    world.model.answerWith(saying('一次'), sayingForEver(), saying('新的'));
    await world.core.inbox(fakeMessage({ text: '旧问题' }));
    await world.until(closed(1));
    await world.core.inbox(fakeMessage({ text: '/retry' }));
    await world.until(asked(2));
    await world.core.inbox(fakeMessage({ text: '新问题' }));
    await world.until(() => world.adapter.replies.length === 3);
    expect(words(1)).toBe('旧问题');
    expect(world.model.asked).toHaveLength(2);
  });

  it('of somebody else, elsewhere or with a quotation is never taken along', async () => {
    world.model.answerWith(sayingForEver());
    await world.core.inbox(fakeMessage({ text: '一' }));
    await world.until(asked(1));
    await world.core.inbox(fakeMessage({ text: '别人', sender: { key: 'other' as never } }));
    await world.until(asked(2));
    expect(words(1)).toBe('别人');
    await world.core.inbox(fakeMessage({ text: '引用', quote: 'nothing' as unknown as QuoteRef }));
    await world.until(() => world.adapter.replies.length === 3);
    expect(world.model.asked).toHaveLength(2);
  });

  it('is nothing lost in: of thirty messages at once each is asked once, in one of two questions', async () => {
    world.model.answerWith(saying('好'));
    const texts = Array.from({ length: 30 }, (_, index) => `第${index}条`);
    await Promise.all(texts.map((text) => world.core.inbox(fakeMessage({ text }))));
    await world.until(closed(2));
    await allEnded();
    expect(world.adapter.replies).toHaveLength(2);
    const { place, sender } = fakeMessage();
    const stored = await world.store.turns.history(scopeOf(place, sender.key, 'user'), 0, 40);
    expect(stored.map(({ question }) => question?.split('\n').length)).toEqual([9, 21]);
    expect(stored.toReversed().flatMap(({ question }) => question?.split('\n') ?? [])).toEqual(texts);
  });

  it('takes nothing along of a question that could not be stored', async () => {
    const { admit } = world.store.turns;
    let failures = 1;
    world.store.turns.admit = async (admittance) => {
      if (failures === 0) return admit(admittance);
      failures -= 1;
      await admittance.turnIfNew?.(world.store.counter);
      throw new Error('disk full');
    };
    const first = fakeMessage({ text: '一' });
    await expect(world.core.inbox(first)).rejects.toThrow('disk full');
    await world.core.inbox(fakeMessage({ text: '二' }));
    await world.until(closed(1));
    expect(words(0)).toBe('二');
    expect(await world.core.inbox(first)).toEqual({ outcome: 'accepted' });
    await world.until(closed(2));
  });
});
