import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeAddress, fakeMediaRef, fakeMessage } from '../../fakes/adapter.ts';
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

describe('questions of one person', () => {
  it('wait their turn with a visible place in line, while another person is served', async () => {
    world.model.answerWith(sayingForEver('一'), saying('乙'), saying('二'));
    await world.core.inbox(fakeMessage({ text: '第一' }));
    await world.until(() => textOf(0) === '一');
    await world.core.inbox(fakeMessage({ text: '第二' }));
    await world.until(() => world.adapter.replies.length === 2);
    await world.until(
      () => world.adapter.replies[1]?.states.at(-1)?.progress === '前面还有 1 个问题，请稍等…',
    );
    await world.core.inbox(fakeMessage({ from: 'bob', text: '别人的' }));
    await world.until(closed(1));
    expect(textOf(2)).toBe('乙');
    await world.core.inbox(fakeMessage({ text: '/stop' }));
    await world.until(closed(4));
    expect(world.adapter.replies.slice(0, 2).map(({ outcome }) => outcome)).toEqual(['stopped', 'stopped']);
  });
});

describe('commands', () => {
  const say = async (text: string, from = 'alice', direct = true): Promise<string> => {
    const before = world.adapter.replies.length;
    await world.core.inbox(fakeMessage({ text, from, direct, chat: direct ? `p2p-${from}` : 'group-1' }));
    await world.until(closed(before + 1));
    return textOf(before);
  };

  it.each(['/help', '／help', ' / help', '帮助', '/帮助', '/HELP'])('%s is understood', async (text) => {
    expect(await say(text)).toContain('/new');
    expect(world.model.asked).toHaveLength(0);
  });

  it('lists administrators’ commands to administrators only', async () => {
    expect(await say('/help')).not.toContain('/status');
    expect(await say('/help', 'root')).toContain('/status');
  });

  it('suggests the nearest known one, and none the asker may not use', async () => {
    expect(await say('/hlep')).toContain('/help');
    expect(await say('/statu')).not.toContain('/status');
    expect(world.model.asked).toHaveLength(0);
  });

  it('refuses an administrator’s command to others without telling anything', async () => {
    expect(await say('/status')).toBe('这个命令只有管理员可以用。');
  });

  it('/status names the model server in the direct chat, but no host in a group', async () => {
    await say('/status', 'root');
    expect(JSON.stringify(world.adapter.last().facts)).toContain('gpu.internal:8000');
    await say('/status', 'root', false);
    expect(JSON.stringify(world.adapter.last())).not.toContain('gpu.internal');
    expect(JSON.stringify(world.adapter.last().facts)).toContain('Qwen3-VL-8B');
  });

  it('/whoami prints the entry for ADMINS and ALLOW', async () => {
    expect(await say('/whoami')).toContain('`fake:alice`');
  });

  it('/lang switches the language of everything said to this person', async () => {
    expect(await say('/lang en')).toContain('English');
    expect(await say('/stop')).toBe('No answer is in progress.');
    expect(await say('/stop', 'bob')).toBe('现在没有正在进行的回答。');
  });

  it('/retry answers the last question again', async () => {
    await say('问题');
    expect(await say('/retry')).toBe('ok');
    expect(world.model.asked[1]?.messages.at(-1)?.text).toBe('问题');
    expect(world.adapter.replies).toHaveLength(2);
    expect(await say('/retry', 'bob')).toBe('还没有可以重试的问题。');
  });

  it.each(['/etc/hosts 是什么', '1/2 等于几', 'https://example.com/help'])(
    '%s is a question',
    async (text) => {
      await say(text);
      expect(world.model.asked.at(-1)?.messages.at(-1)?.text).toBe(text);
    },
  );
});

describe('who may ask', () => {
  it('a closed list lets nobody but administrators in', async () => {
    await world.close();
    world = await createWorld({ admins: ['root'], allow: [] });
    await world.core.inbox(fakeMessage({ from: 'alice' }));
    await world.until(closed(1));
    expect(textOf(0)).toContain('管理员');
    expect(world.model.asked).toHaveLength(0);
    await world.core.inbox(fakeMessage({ from: 'root' }));
    await world.until(closed(2));
    expect(world.model.asked).toHaveLength(1);
  });
});

describe('joining and leaving', () => {
  it('greets a chat once', async () => {
    const { place, eventKey } = fakeMessage();
    const joined = { type: 'joined', eventKey, place, address: fakeAddress('group-1') } as const;
    await world.core.inbox(joined);
    await world.core.inbox(joined);
    await world.until(() => world.adapter.sent.length > 0);
    expect(world.adapter.sent).toHaveLength(1);
    expect(world.adapter.sent[0]?.markdown).toContain('/help');
  });

  it('a recalled question is stopped', async () => {
    world.model.answerWith(sayingForEver('开头'));
    const message = fakeMessage();
    await world.core.inbox(message);
    await world.until(() => textOf(0) === '开头');
    await world.core.inbox({
      type: 'recalled',
      eventKey: fakeMessage().eventKey,
      place: message.place,
      message: message.eventKey,
    });
    await world.until(closed(1));
    expect(world.adapter.replies[0]?.outcome).toBe('stopped');
  });
});

describe('a question that is answered again', () => {
  const retryButton = (): string => {
    const { buttons } = world.adapter.replies[0]?.states.at(-1) ?? {};
    return buttons?.find(({ kind }) => kind === 'retry')?.id ?? '';
  };
  const press = async (button: string): Promise<string | undefined> => {
    const { place, sender } = fakeMessage();
    const eventKey = fakeMessage().eventKey;
    return (await world.core.inbox({ type: 'action', eventKey, place, actor: sender, button })).toast;
  };

  it('is stopped when its message is recalled', async () => {
    world.model.answerWith(saying('一'), sayingForEver('二'));
    const message = fakeMessage();
    await world.core.inbox(message);
    await world.until(closed(1));
    await press(retryButton());
    await world.until(() => textOf(1) === '二');
    const { eventKey } = fakeMessage();
    await world.core.inbox({ type: 'recalled', eventKey, place: message.place, message: message.eventKey });
    await world.until(closed(2));
    expect(world.adapter.replies[1]?.outcome).toBe('stopped');
  });

  it('is answered again only once, but the press counts only when the new answer was stored', async () => {
    await world.core.inbox(fakeMessage());
    await world.until(closed(1));
    const button = retryButton();
    const { admit } = world.store.turns;
    const broken = { ...world.store.turns };
    Object.assign(world.store.turns, {
      admit: (admittance: Parameters<typeof admit>[0]) =>
        admit({
          ...admittance,
          turnIfNew: () => {
            throw new Error('the disk is full');
          },
        }),
    });
    await expect(press(button)).rejects.toThrow();
    Object.assign(world.store.turns, broken);
    expect(await press(button)).toBe('正在重新回答');
    expect(await press(button)).toBe('已经重试过了，请看新的回答');
    await world.until(closed(2));
    expect(world.adapter.replies).toHaveLength(2);
  });
});

describe('a restart', () => {
  it('in mid-answer ends the same reply with the full answer', async () => {
    world.model.answerWith(sayingForEver('半'), saying('完整的回答'));
    await world.core.inbox(fakeMessage());
    await world.until(() => textOf(0) === '半');
    await world.restart();
    await world.until(closed(1));
    expect(world.adapter.replies).toHaveLength(1);
    expect(textOf(0)).toBe('完整的回答');
    expect(world.adapter.replies[0]?.outcome).toBe('complete');
  });

  it('after repeated crashes ends the reply with a note and a retry button', async () => {
    world.model.answerWith(sayingForEver('半'));
    await world.core.inbox(fakeMessage());
    await world.until(() => textOf(0) === '半');
    for (let crash = 0; crash < 3; crash += 1) {
      const asked = world.model.asked.length;
      await world.restart();
      await world.until(() => world.model.asked.length > asked || closed(1)());
    }
    await world.until(closed(1));
    expect(world.adapter.last().notice).toContain('重启');
    expect(world.adapter.last().buttons?.map(({ kind }) => kind)).toContain('retry');
  });

  it('shutting down ends what cannot finish with a note, and everything is ended', async () => {
    world.model.answerWith(sayingForEver('半'));
    await world.core.inbox(fakeMessage());
    await world.until(() => textOf(0) === '半');
    await world.core.drain(20);
    expect(world.adapter.replies[0]?.outcome).toBe('interrupted');
    expect(textOf(0)).toBe('半');
    expect(world.core.running()).toBe(0);
  });
});

describe('a turn that still waits when the service stops', () => {
  it('says so in its reply, and is answered there at the next start', async () => {
    world.model.answerWith(sayingForEver('一'), saying('完整一'), saying('二'));
    await world.core.inbox(fakeMessage({ text: '第一' }));
    await world.until(() => textOf(0) === '一');
    await world.core.inbox(fakeMessage({ text: '第二' }));
    await world.until(() => world.adapter.replies.length === 2);
    await world.core.drain(10);
    expect(world.adapter.replies[1]?.outcome).toBeUndefined();
    expect(world.adapter.replies[1]?.states.at(-1)?.progress).toContain('正在重启');
    world.model.answerWith(saying('二'));
    await world.restart();
    await world.until(closed(2));
    expect(textOf(1)).toBe('二');
    expect(world.adapter.replies).toHaveLength(2);
  });
});

describe('a picture of a question that waits', () => {
  it('is fetched at once, for its address may not live long', async () => {
    world.model.answerWith(sayingForEver('一'), saying('二'));
    await world.core.inbox(fakeMessage({ text: '第一' }));
    await world.until(() => textOf(0) === '一');
    world.adapter.media.set('short-lived', Uint8Array.of(1, 7));
    await world.core.inbox(fakeMessage({ text: '第二', media: [fakeMediaRef('short-lived')] }));
    await world.until(() => world.adapter.replies.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 30));
    world.adapter.media.clear();
    await world.core.inbox(fakeMessage({ text: '/stop', from: 'bob' }));
    const stop = world.adapter.replies[0]?.states.at(-1)?.buttons?.[0]?.id ?? '';
    const { place, sender } = fakeMessage({ from: 'alice' });
    await world.core.inbox({
      type: 'action',
      eventKey: fakeMessage().eventKey,
      place,
      actor: sender,
      button: stop,
    });
    await world.until(() => world.adapter.replies[1]?.outcome === 'complete');
    expect(world.model.asked[1]?.messages.at(-1)?.images).toHaveLength(1);
  });
});

describe('a judgement that is no button press', () => {
  it('is stored with the turn whose reply it names', async () => {
    await world.core.inbox(fakeMessage());
    await world.until(closed(1));
    const { place, sender, eventKey } = fakeMessage();
    const reply = world.adapter.replies[0]?.key ?? '';
    const judged = { type: 'feedback', eventKey, place, actor: sender, reply, verdict: 'bad' } as const;
    expect(await world.core.inbox(judged)).toEqual({ outcome: 'accepted' });
    expect(await world.core.inbox({ ...judged, reply: 'nobody-0' })).toEqual({ outcome: 'ignored' });
  });
});

describe('the asker’s thumb', () => {
  it('is shown as pressed on the reply, others’ are only counted', async () => {
    world.model.answerWith(saying('好'));
    await world.core.inbox(fakeMessage({ from: 'alice' }));
    await world.until(closed(1));
    const good = world.adapter.last().buttons?.find(({ kind }) => kind === 'good')?.id ?? '';
    const press = async (from: string) => {
      const { place, sender, eventKey } = fakeMessage({ from });
      return world.core.inbox({ type: 'action', eventKey, place, actor: sender, button: good });
    };
    expect(await press('bob')).toMatchObject({ toast: '收到，谢谢' });
    expect(await press('alice')).toMatchObject({ toast: '收到，谢谢' });
    await world.until(() => world.adapter.replies[0]?.closes === 2);
    expect(world.adapter.last().buttons?.map(({ kind, chosen }) => [kind, chosen])).toEqual([
      ['retry', undefined],
      ['good', true],
      ['bad', undefined],
    ]);
    expect(textOf(0)).toBe('好');
  });
});
