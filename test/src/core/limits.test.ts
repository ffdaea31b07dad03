import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitFor, defaultLimits } from '../../../src/core/limits.ts';
import { createRefusals } from '../../../src/core/refusals.ts';
import { limitReached } from '../../../src/reply/notices/limits.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { saying } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
  world.model.answerWith(saying('好'));
});
afterEach(() => world.close());

const answers = (): number => world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length;
/** Asks and waits for the end, so that messages do not become one. */
const ask = async (text: string, more: Parameters<typeof fakeMessage>[0] = {}): Promise<string> => {
  const before = answers();
  await world.core.inbox(fakeMessage({ ...more, text }));
  await world.until(() => answers() > before);
  return world.adapter.last().markdown;
};
const everyone = { platform: '', id: '', tokensPerDay: undefined } as const;

describe('limits', () => {
  it('refuse what is too much within a minute and say when it works again', async () => {
    await world.policy.setLimit({ ...everyone, kind: 'each-person', requestsPerMinute: 2 });
    expect(await ask('一')).toBe('好');
    expect(await ask('二')).toBe('好');
    expect(await ask('三')).toMatch(
      /^你一分钟最多提 2 个问题，已经到了。(明天 )?\d\d:\d\d(:\d\d)? 之后可以继续/,
    );
    expect(world.model.asked).toHaveLength(2);
  });

  it('say so once: a flood is not answered with a flood', async () => {
    await world.policy.setLimit({ ...everyone, kind: 'each-person', requestsPerMinute: 1 });
    await ask('一');
    await ask('二');
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => world.core.inbox(fakeMessage({ text: `更多 ${index}` }))),
    );
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['ignored']));
    expect(world.adapter.replies).toHaveLength(2);
  });

  it('say so again to who still asks later, and at once when the limit is another one', () => {
    const refusals = createRefusals();
    const { place, sender } = fakeMessage();
    const asker = { platform: place.platform, person: sender.key, chat: place.chat };
    const reached = {
      owner: 'person',
      measure: 'tokensPerDay',
      limit: 5,
      used: 5,
      until: 86_400_000,
    } as const;
    const said = (now: number, limit = 5): boolean => refusals.first(asker, { ...reached, limit }, now);
    expect([said(0), said(59_999), said(60_000), said(60_001)]).toEqual([true, false, true, false]);
    expect(said(60_002, 6)).toBe(true);
  });

  it.each(['/help', ''])(
    'answer a flood of “%s” one after another, so that others get through',
    async (text) => {
      const flood = Array.from({ length: 100 }, () => fakeMessage({ text }));
      await Promise.all(flood.map((message) => world.core.inbox(message)));
      await world.core.inbox(fakeMessage({ text: '/help', sender: { key: 'other' as never } }));
      await world.until(() => world.core.running() === 0);
      const opened = world.adapter.replies.map(({ target }) => target);
      expect(opened).toHaveLength(101);
      expect(
        opened.findIndex(
          (target) => !flood.some(({ replyTarget }) => JSON.stringify(replyTarget) === target),
        ),
      ).toBeLessThan(50);
    },
  );

  it('count everything of one moment, however it arrives', async () => {
    await world.policy.setLimit({ ...everyone, kind: 'each-person', requestsPerMinute: 5 });
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => world.core.inbox(fakeMessage({ text: `第 ${index} 条` }))),
    );
    await world.until(() => world.core.running() === 0);
    // One question of five messages, and one refusal.
    expect(world.adapter.replies).toHaveLength(2);
    expect(world.model.asked.at(-1)?.messages.at(-1)?.text.split('\n')).toHaveLength(5);
  });

  it('know a person by the platform’s id alone, whatever the event says beside it', async () => {
    await world.policy.setLimit({ ...everyone, kind: 'each-person', requestsPerMinute: 1 });
    const { sender } = fakeMessage();
    await ask('一', { sender: { ...sender, name: '小丽' } });
    expect(await ask('二', { sender: { ...sender, name: 'root' } })).toContain('一分钟最多提 1 个问题');
    for (const name of ['小丽 ', 'other', '', undefined]) {
      const event = fakeMessage({ sender: { ...sender, ...(name === undefined ? {} : { name }) } });
      expect(await world.core.inbox(event)).toEqual({ outcome: 'ignored' });
    }
    expect(await ask('三', { sender: { key: 'other' as never, name: '小丽' } })).toBe('好');
  });

  it('of one person leave others alone; commands work all the same', async () => {
    await world.policy.setLimit({ ...everyone, kind: 'each-person', requestsPerMinute: 1 });
    await ask('一');
    await ask('二');
    expect(await ask('三', { sender: { key: 'other' as never } })).toBe('好');
    expect(await ask('/whoami')).toContain('编号');
  });

  it('are used up by the day’s tokens', async () => {
    await world.policy.setLimit({
      ...everyone,
      kind: 'each-person',
      requestsPerMinute: 'unlimited',
      tokensPerDay: 11,
    });
    expect(await ask('一')).toBe('好');
    expect(await ask('二')).toBe('你今天的额度用完了（11 / 11 词元），明天 00:00 恢复。需要更多请找管理员。');
  });

  it('hold for a chat and for all together', async () => {
    await world.policy.setLimit({ ...everyone, kind: 'each-chat', requestsPerMinute: 1 });
    await ask('一');
    expect(await ask('二', { sender: { key: 'other' as never } })).toContain('这个会话');
    await world.policy.setLimit({ ...everyone, kind: 'each-chat', requestsPerMinute: 'unlimited' });
    await world.policy.setLimit({ ...everyone, kind: 'all', requestsPerMinute: 1 });
    expect(await ask('三', { sender: { key: 'third' as never } })).toContain('全公司');
  });

  it('allow nothing at zero', async () => {
    await world.policy.setLimit({ ...everyone, kind: 'each-person', requestsPerMinute: 0 });
    expect(await ask('一')).toContain('额度是 0');
  });

  it('hold for questions answered again, too', async () => {
    await world.policy.setLimit({ ...everyone, kind: 'each-person', requestsPerMinute: 1 });
    await ask('一');
    expect(await ask('/retry')).toContain('一分钟最多提 1 个问题');
  });
});

describe('which limit holds', () => {
  const asker = { platform: 'fake', person: 'p', chat: 'c' };

  it('is the default where nothing is set, and at least twenty questions a minute', () => {
    const policy = world.policy.current();
    expect(limitFor(policy, 'person', asker, 'requestsPerMinute')).toBe(
      defaultLimits['each-person'].requestsPerMinute,
    );
    expect(defaultLimits['each-person'].requestsPerMinute).toBeGreaterThanOrEqual(20);
    expect(limitFor(policy, 'all', asker, 'tokensPerDay')).toBe('unlimited');
  });

  it('is the person’s own before the privileged’s before everybody’s', async () => {
    const { platform } = world.adapter;
    const of = { ...asker, platform };
    await world.policy.setVip({ platform, id: 'p' }, true);
    await world.policy.setLimit({ ...everyone, kind: 'each-vip', requestsPerMinute: 99 });
    expect(limitFor(world.policy.current(), 'person', of, 'requestsPerMinute')).toBe(99);
    await world.policy.setLimit({
      kind: 'person',
      platform,
      id: 'p',
      requestsPerMinute: 7,
      tokensPerDay: undefined,
    });
    expect(limitFor(world.policy.current(), 'person', of, 'requestsPerMinute')).toBe(7);
    expect(limitFor(world.policy.current(), 'person', of, 'tokensPerDay')).toBe('unlimited');
    await world.policy.setVip({ platform, id: 'p' }, false);
    await world.policy.removeLimit({ kind: 'person', platform, id: 'p' });
    expect(limitFor(world.policy.current(), 'person', of, 'requestsPerMinute')).toBe(40);
  });
});

it('a time on another day is said as tomorrow, in the service’s time zone', () => {
  const reached = { owner: 'person', measure: 'tokensPerDay', limit: 5, used: 9 } as const;
  const now = Date.UTC(2026, 10, 20, 10);
  const words = limitReached({ ...reached, until: Date.UTC(2026, 10, 20, 16) }, now, 'Asia/Shanghai');
  expect(words.zh).toContain('明天 00:00 恢复');
  expect(words.en).toContain('tomorrow at 00:00');
});
