import { describe, expect, it } from 'vitest';
import type { CallLimit, CallUrgency, PlannedCall } from '../../../src/contract/budget.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const NEVER = new AbortController().signal;

/** A budget with a record of when each call left, in milliseconds from the start. */
function createDesk(limits: readonly CallLimit[], callMs = 0) {
  const clock = createFakeClock();
  const startMs = clock.now().getTime();
  const budget = createCallBudget({ limits, clock });
  const left: { readonly name: string; readonly atMs: number }[] = [];
  const nowMs = (): number => clock.now().getTime() - startMs;

  function call(
    name: string,
    urgency: CallUrgency,
    keys: Partial<PlannedCall> = {},
    signal = NEVER,
  ): Promise<string> {
    return budget.run({ api: 'edit', urgency, ...keys }, signal, async () => {
      left.push({ name, atMs: nowMs() });
      await clock.sleep(callMs);
      return name;
    });
  }

  /** A reply that is edited again and again, as fast as the budget and `intervalMs` let it, until `untilMs`. */
  async function stream(card: string, untilMs: number, intervalMs = 100): Promise<void> {
    while (nowMs() < untilMs) {
      await call(card, 'live', { card });
      const lastMs = left.findLast(({ name }) => name === card)?.atMs ?? 0;
      await clock.sleep(Math.max(0, lastMs + intervalMs - nowMs()));
    }
  }

  const names = (): string[] => left.map(({ name }) => name);
  const timesOf = (name: string): number[] =>
    left.filter((entry) => entry.name === name).map(({ atMs }) => atMs);
  return { clock, budget, left, call, stream, nowMs, names, timesOf };
}

const perSecond = (calls: number, per: CallLimit['per'] = 'app'): CallLimit => ({
  per,
  calls,
  windowMs: 1000,
});

describe('the limits', () => {
  it('lets calls leave at once while there is room, and the next when the window has passed', async () => {
    const { clock, call, left } = createDesk([perSecond(3)]);
    for (const name of ['a', 'b', 'c', 'd']) void call(name, 'final');
    await clock.advance(999);
    expect(left.map(({ atMs }) => atMs)).toEqual([0, 0, 0]);
    await clock.advance(20);
    expect(left).toHaveLength(4);
  });

  it('counts a call until a window after its answer, since it may have been counted as late as that', async () => {
    const { clock, call, timesOf } = createDesk([perSecond(1)], 700);
    void call('slow', 'final');
    void call('next', 'final');
    await clock.advance(1690);
    expect(timesOf('next')).toEqual([]);
    await clock.advance(30);
    expect(timesOf('next')).toHaveLength(1);
  });

  it('counts a call that was given up without an answer even longer', async () => {
    const { clock, budget, call, timesOf } = createDesk([perSecond(1)]);
    const failing = (error: Error): Promise<void> =>
      budget.run({ api: 'edit', urgency: 'final' }, NEVER, () => Promise.reject(error));
    await expect(failing(new AdapterError('timeout', 'no answer', { sent: 'maybe' }))).rejects.toThrow(
      'no answer',
    );
    void call('after', 'final');
    await clock.advance(1990);
    expect(timesOf('after')).toEqual([]);
    await clock.advance(100);
    expect(timesOf('after')).toHaveLength(1);
    await clock.advance(1100);
    await expect(failing(new AdapterError('invalid', 'refused', { sent: 'no' }))).rejects.toThrow('refused');
    void call('after a refusal', 'final');
    await clock.advance(1100);
    expect(timesOf('after a refusal')).toHaveLength(1);
  });

  it('counts only the APIs a limit names, and only calls that carry what it counts by', async () => {
    const { clock, call, names } = createDesk([{ per: 'chat', apis: ['send'], calls: 1, windowMs: 1000 }]);
    void call('send 1', 'final', { api: 'send', chat: 'x' });
    void call('send 2', 'final', { api: 'send', chat: 'x' });
    void call('edit', 'final', { api: 'edit', chat: 'x' });
    void call('no chat', 'final', { api: 'send' });
    await clock.settle();
    expect(names()).toEqual(['send 1', 'edit', 'no chat']);
  });

  it('holds nobody else up behind a call that waits for its own card', async () => {
    const { clock, call, names } = createDesk([perSecond(2, 'card'), perSecond(100)]);
    for (let index = 0; index < 4; index += 1) void call('busy', 'final', { card: 'busy' });
    void call('other', 'background', { card: 'other' });
    await clock.settle();
    expect(names()).toEqual(['busy', 'busy', 'other']);
  });

  it('refuses a limit that lets nothing through', () => {
    expect(() => createDesk([perSecond(0)])).toThrow(RangeError);
  });
});

describe('the order', () => {
  it('lets finals go before firsts, these before live edits, and those before the rest', async () => {
    const { clock, call, names } = createDesk([perSecond(1)]);
    void call('now', 'final');
    for (const urgency of ['background', 'live', 'first', 'final'] as const)
      void call(urgency, urgency, { card: urgency });
    await clock.advance(10_000);
    expect(names()).toEqual(['now', 'final', 'first', 'live', 'background']);
  });

  it('lets the replies take turns, each in its own order', async () => {
    const { clock, call, names } = createDesk([perSecond(1)]);
    void call('now', 'final');
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'])
      void call(name, 'live', { card: name.charAt(0) });
    await clock.advance(30_000);
    expect(names()).toEqual(['now', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('gives every reply its equal share', async () => {
    const { clock, stream, left } = createDesk([perSecond(10)], 20);
    for (let index = 0; index < 37; index += 1) void stream(`card ${index}`, 60_000);
    await clock.advance(60_000);
    const counts = new Map<string, number>();
    for (const { name } of left) counts.set(name, (counts.get(name) ?? 0) + 1);
    expect(counts.size).toBe(37);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it('keeps room for a final edit and a first sign of life while many replies are edited', async () => {
    const { clock, call, stream, timesOf } = createDesk(
      [perSecond(50, 'api'), { per: 'api', calls: 1000, windowMs: 60_000 }],
      20,
    );
    for (let index = 0; index < 200; index += 1) void stream(`card ${index}`, 120_000);
    for (let second = 10; second < 120; second += 10) {
      await clock.advance(10_000);
      void call(`final ${second}`, 'final', { card: 'card 7' });
      void call(`first ${second}`, 'first', { card: 'new' });
      await clock.advance(200);
      expect(timesOf(`final ${second}`)).toHaveLength(1);
      expect(timesOf(`first ${second}`)).toHaveLength(1);
    }
  });

  it('lets the final edit of a card that is edited as fast as it may be leave within a tenth of a second', async () => {
    const { clock, call, stream, timesOf } = createDesk([perSecond(10, 'card')], 5);
    void stream('card', 20_000, 0);
    await clock.advance(7777);
    void call('final', 'final', { card: 'card' });
    await clock.advance(105);
    expect(timesOf('final')).toHaveLength(1);
  });

  it('lets the end of a reply leave at once at any moment, however scarce the calls of its chat', async () => {
    const wecomLike: CallLimit = { per: 'chat', calls: 30, windowMs: 60_000 };
    for (let endMs = 3000; endMs < 150_000; endMs += 7000) {
      const { clock, call, nowMs, timesOf } = createDesk([wecomLike], 30);
      const streaming = async (): Promise<void> => {
        while (nowMs() < endMs) {
          await call('live', 'live', { chat: 'group' });
          await clock.sleep(200);
        }
      };
      void streaming();
      await clock.advance(endMs);
      void call('end', 'final', { chat: 'group' });
      void call('settings', 'final', { chat: 'group' });
      await clock.advance(10);
      expect([...timesOf('end'), ...timesOf('settings')]).toEqual([endMs, endMs]);
    }
  });

  it('starves nobody while more urgent calls come faster than any can leave', async () => {
    const { clock, call, nowMs, left } = createDesk([perSecond(10)]);
    let round = 0;
    const flood = async (): Promise<void> => {
      while (nowMs() < 60_000) {
        round += 1;
        void call('first', 'first', { card: `asks ${round}` }).catch(() => undefined);
        await clock.sleep(50);
      }
    };
    void flood();
    for (let index = 0; index < 20; index += 1) {
      void call('live', 'live', { card: `card ${index}` });
      void call('background', 'background', { card: `card ${index}` });
    }
    await clock.advance(60_000);
    expect(left.filter(({ name }) => name === 'live')).toHaveLength(20);
    expect(left.filter(({ name }) => name === 'background').length).toBeGreaterThan(0);
    expect(left.filter(({ name }) => name === 'first').length).toBeGreaterThan(400);
  });
});

describe('the pace', () => {
  const FEISHU_LIKE: readonly CallLimit[] = [
    perSecond(10, 'card'),
    perSecond(50, 'api'),
    { per: 'api', calls: 1000, windowMs: 60_000 },
  ];

  it('edits a single reply as fast as it asks for', async () => {
    const { clock, stream, left } = createDesk(FEISHU_LIKE, 5);
    void stream('only', 10_000);
    await clock.advance(10_000);
    expect(left.length).toBeGreaterThanOrEqual(97);
  });

  it('uses the whole of a second for eight short replies', async () => {
    const { clock, stream, left } = createDesk(FEISHU_LIKE, 2);
    for (let index = 0; index < 8; index += 1) void stream(`card ${index}`, 4000);
    await clock.advance(4000);
    expect(left.length).toBeGreaterThanOrEqual(190);
    const times = left.map(({ atMs }) => atMs);
    expect(Math.max(...times.map((atMs, index) => atMs - (times[index - 1] ?? 0)))).toBeLessThanOrEqual(100);
  });

  it('spreads the edits of many replies over the minute instead of standing still for most of it', async () => {
    const { clock, stream, left } = createDesk(FEISHU_LIKE, 20);
    for (let index = 0; index < 200; index += 1) void stream(`card ${index}`, 180_000);
    await clock.advance(180_000);
    const perTenSeconds = Array.from(
      { length: 18 },
      (_, ten) => left.filter(({ atMs }) => Math.floor(atMs / 10_000) === ten).length,
    );
    expect(Math.min(...perTenSeconds)).toBeGreaterThan(140);
    expect(Math.max(...perTenSeconds)).toBeLessThan(200);
    // What the limit permits at all is 1,000 a minute.
    expect(left.length).toBeGreaterThan(3000 * 0.9);
  });

  it('evens out after a burst of a few replies without a long silence', async () => {
    const { clock, stream, left } = createDesk(FEISHU_LIKE, 20);
    for (let index = 0; index < 8; index += 1) void stream(`card ${index}`, 120_000);
    await clock.advance(120_000);
    const times = left.map(({ atMs }) => atMs);
    expect(Math.max(...times.map((atMs, index) => atMs - (times[index - 1] ?? 0)))).toBeLessThan(500);
    expect(times.filter((atMs) => atMs < 5000).length).toBeGreaterThan(220);
  });
});

describe('a platform that says "too often"', () => {
  const limits = [perSecond(20), perSecond(10, 'card')];

  it('pauses the calls that share the counters, and only these', async () => {
    const { clock, budget, call, names } = createDesk([perSecond(10, 'card')]);
    budget.slowDown({ api: 'edit', urgency: 'live', card: 'a' }, 3000);
    void call('a', 'final', { card: 'a' });
    void call('b', 'live', { card: 'b' });
    await clock.advance(2999);
    expect(names()).toEqual(['b']);
    expect(budget.stats().paused).toBe(1);
    await clock.advance(1);
    expect(names()).toEqual(['b', 'a']);
  });

  it('pauses a second when not told how long, and never longer than a minute', async () => {
    const { clock, budget, call, timesOf } = createDesk(limits);
    budget.slowDown({ api: 'edit', urgency: 'live' }, undefined);
    void call('after a second', 'final');
    await clock.advance(1000);
    budget.slowDown({ api: 'edit', urgency: 'live' }, 86_400_000);
    void call('after a minute', 'final');
    await clock.advance(60_000);
    expect(timesOf('after a second')).toEqual([1000]);
    expect(timesOf('after a minute')).toEqual([61_000]);
  });

  it('goes on at half the rate, refusals of one moment counting once, and recovers', async () => {
    const { clock, budget, stream, left } = createDesk(limits);
    for (let index = 0; index < 10; index += 1) void stream(`card ${index}`, 100_000);
    await clock.advance(10_000);
    for (let index = 0; index < 5; index += 1)
      budget.slowDown({ api: 'edit', urgency: 'live', card: 'card 1' }, 1000);
    await clock.advance(90_000);
    const between = (fromMs: number, toMs: number): number =>
      left.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
    expect(between(10_000, 11_000)).toBe(0);
    expect(between(11_000, 13_000)).toBeGreaterThanOrEqual(16);
    expect(between(11_000, 13_000)).toBeLessThanOrEqual(24);
    expect(between(60_000, 70_000)).toBeGreaterThanOrEqual(185);
  });

  it('never answers refusals with a storm of calls, however low the true limit', async () => {
    const { clock, budget, nowMs } = createDesk(limits);
    let refused = 0;
    let delivered = 0;
    const accepted: number[] = [];
    const edit = async (card: string): Promise<void> => {
      const call: PlannedCall = { api: 'edit', urgency: 'live', card };
      for (;;) {
        const done = await budget.run(call, NEVER, async () => {
          // The platform really takes four in a second.
          if (accepted.filter((atMs) => atMs > nowMs() - 1000).length >= 4) return false;
          accepted.push(nowMs());
          return true;
        });
        if (done) break;
        refused += 1;
        budget.slowDown(call, undefined);
      }
      delivered += 1;
    };
    for (let index = 0; index < 200; index += 1) void edit(`card ${index}`);
    await clock.advance(400_000);
    expect(delivered).toBe(200);
    expect(refused).toBeLessThan(60);
  });
});

describe('giving up', () => {
  it('takes an aborted call out of the line at once, with the reason it was aborted for', async () => {
    const { clock, budget, call, names } = createDesk([perSecond(1)]);
    void call('a', 'live');
    const leaving = new AbortController();
    const aborted = call('b', 'live', {}, leaving.signal);
    void call('c', 'live');
    expect(budget.stats().waiting.live).toBe(2);
    leaving.abort(new Error('the person pressed stop'));
    expect(budget.stats().waiting.live).toBe(1);
    await expect(aborted).rejects.toThrow('the person pressed stop');
    await clock.advance(5000);
    expect(names()).toEqual(['a', 'c']);
    expect(clock.sleeping()).toBe(0);
  });

  it('neither sends nor counts a call aborted in the moment it was let go', async () => {
    const { clock, budget, call, names } = createDesk([perSecond(1)]);
    const leaving = new AbortController();
    const aborted = call('a', 'live', {}, leaving.signal);
    leaving.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    await expect(call('early', 'live', {}, leaving.signal)).rejects.toThrow('stop');
    void call('b', 'live');
    await clock.advance(1);
    expect(names()).toEqual(['b']);
    expect(budget.stats().inFlight).toBe(0);
  });

  it('ends all waiting when stopped, and lets calls on their way come home', async () => {
    const { clock, budget, call } = createDesk([perSecond(1)], 500);
    const onItsWay = call('a', 'live');
    const waiting = [call('b', 'live'), call('c', 'final'), call('d', 'live')];
    await clock.settle();
    budget.stop();
    for (const call of waiting) await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await expect(call('late', 'final')).rejects.toMatchObject({ name: 'AbortError' });
    await clock.advance(500);
    await expect(onItsWay).resolves.toBe('a');
    expect(clock.sleeping()).toBe(0);
  });
});

describe('the budget itself', () => {
  it('leaves no timer behind when nobody waits', async () => {
    const { clock, call } = createDesk([perSecond(2), { per: 'app', calls: 100, windowMs: 3_600_000 }]);
    for (let index = 0; index < 5; index += 1) void call('a', 'live');
    await clock.advance(5000);
    expect(clock.sleeping()).toBe(0);
  });

  it('forgets cards and chats that are no longer used', async () => {
    const { clock, budget, call } = createDesk([
      perSecond(10, 'card'),
      perSecond(5, 'chat'),
      { per: 'chat', calls: 50, windowMs: 60_000 },
    ]);
    let most = 0;
    for (let index = 0; index < 3000; index += 1) {
      void call('a', 'live', { card: `card ${index}`, chat: `chat ${index}` });
      await clock.advance(100);
      most = Math.max(most, budget.stats().counters);
    }
    // Ten a second: 10 cards and 10 chats for a second, 600 chats for a minute.
    expect(most).toBeLessThan(700);
  });

  it('does not stand still when the machine’s clock is set back', async () => {
    const clock = createFakeClock();
    let backMs = 0;
    const moved: Clock = { ...clock, now: () => new Date(clock.now().getTime() - backMs) };
    const budget = createCallBudget({ limits: [perSecond(1)], clock: moved });
    const call = (): Promise<boolean> =>
      budget.run({ api: 'edit', urgency: 'live' }, NEVER, async () => true);
    await call();
    backMs = 3_600_000;
    const second = call();
    await clock.advance(2100);
    await expect(second).resolves.toBe(true);
  });

  it('gives back what the call gives back, and rejects with what it rejects with', async () => {
    const { budget } = createDesk([]);
    const call: PlannedCall = { api: 'edit', urgency: 'live' };
    await expect(budget.run(call, NEVER, async () => 7)).resolves.toBe(7);
    const error = new Error('no');
    await expect(budget.run(call, NEVER, () => Promise.reject(error))).rejects.toBe(error);
    expect(budget.stats()).toMatchObject({ inFlight: 0, waiting: { live: 0 } });
  });
});
