import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { AdapterId, PersonKey, PlatformId } from '../../../src/contract/ids.ts';
import { scopeOf } from '../../../src/core/scope.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { newTurnId } from '../../../src/core/ids.ts';
import {
  randomByte,
  dayMs,
  minuteMs,
  store,
  policy,
  clock,
  adapters,
  platform,
  process,
  fakeOf,
  sentTo,
  asked,
  root,
  now,
  announced,
  begun,
  until,
  ended,
  onBroadcastStage,
} from './broadcast-stage.ts';

onBroadcastStage();

describe('who hears a broadcast', () => {
  it('is everybody who asked in a direct chat within thirty days, and each group, once', async () => {
    for (const from of ['alice', 'bob']) {
      await asked({ from });
      await asked({ from, agoMs: 3 * dayMs });
      await asked({ from, group: 'finance' });
    }
    await asked({ on: 'two', from: 'alice' });
    await asked({ from: 'long-gone', agoMs: 31 * dayMs });
    const broadcasts = process();
    expect(await ended(broadcasts, await begun(broadcasts))).toEqual({ sent: 4 });
    expect(sentTo('one').toSorted()).toEqual(['direct-alice', 'direct-bob', 'group-finance']);
    expect(sentTo('two')).toEqual(['direct-alice']);
    expect(fakeOf('one').sent[0]?.markdown).toBe('今晚八点维护');
  });

  it('is nobody who is denied, by immutable id only, and no denied chat, whoever was there', async () => {
    for (const from of ['mallory', 'alice', 'root']) await asked({ from, name: 'mallory' });
    for (const from of ['mallory', 'root']) await asked({ from, group: 'secret' });
    await asked({ from: 'mallory', group: 'only-mallory' });
    await asked({ on: 'two', from: 'mallory' });
    await asked({ from: '', group: 'nameless' });
    const at = { at: 0, by: 'one:root', effect: 'deny' as const, platform: 'one' as PlatformId };
    await policy.setRule({ ...at, kind: 'person', id: 'mallory' });
    await policy.setRule({ ...at, kind: 'chat', id: 'secret' });
    const broadcasts = process();
    expect(await ended(broadcasts, await begun(broadcasts))).toEqual({ sent: 3 });
    expect(sentTo('one').toSorted()).toEqual(['direct-alice', 'direct-root']);
    expect(sentTo('two')).toEqual(['direct-mallory']);
  });

  it('hears it in one chat also when two integrations of a platform know them', async () => {
    adapters.set('two' as AdapterId, Object.assign(platform('two'), { platform: 'one' as PlatformId }));
    await asked({ from: 'alice', agoMs: 2 * minuteMs });
    const plain = fakeMessage({ from: 'alice', direct: true });
    const place = { ...plain.place, adapter: 'two' as AdapterId, platform: 'one' as PlatformId };
    const turn = {
      id: newTurnId(randomByte),
      kind: 'question' as const,
      scope: scopeOf(place, plain.sender.key, 'user'),
      message: { ...plain, place },
      buttonKey: newTurnId(randomByte),
      acceptedAt: now(),
    };
    const { eventKey } = plain;
    await store.turns.admit({ adapter: place.adapter, eventKey, at: now(), turnIfNew: () => turn });
    const broadcasts = process();
    expect(await ended(broadcasts, await begun(broadcasts))).toEqual({ sent: 1 });
    expect([sentTo('one'), sentTo('two')]).toEqual([[], ['direct-alice']]);
  });

  it('is told beforehand, with those the platform lets nobody write to', async () => {
    adapters.set('two' as AdapterId, { ...platform('two'), addressOfGroup: () => undefined });
    await asked({ on: 'two', from: 'alice', group: 'sales' });
    const broadcasts = process();
    expect(await broadcasts.announce('大家好', root, now())).toMatchObject({
      state: 'nobody',
      audience: { unreachable: 1 },
    });
    await asked({ on: 'two', from: 'alice' });
    await asked({ from: 'bob', group: 'finance' });
    expect(await broadcasts.announce('大家好', root, now())).toMatchObject({
      state: 'ready',
      audience: { unreachable: 1, recipients: [{ kind: 'group' }, { kind: 'direct', platform: 'two' }] },
    });
  });
});

describe('a broadcast', () => {
  it('sends one message a second on each platform, and no platform waits for another', async () => {
    for (const from of ['a', 'b', 'c', 'd']) await asked({ from });
    for (const from of ['a', 'b']) await asked({ on: 'two', from });
    const broadcasts = process();
    await ended(broadcasts, await begun(broadcasts));
    const gaps = (times: readonly number[]): number[] =>
      times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps(fakeOf('one').times)).toEqual([1_000, 1_000, 1_000]);
    expect(gaps(fakeOf('two').times)).toEqual([1_000]);
    expect(fakeOf('two').times[0]).toBe(fakeOf('one').times[0]);
  });

  it('needs the code, of the same person, once, within ten minutes', async () => {
    await asked({ from: 'alice' });
    const broadcasts = process();
    const code = await announced(broadcasts);
    const others = [
      { ...root, person: 'other' as PersonKey },
      { ...root, platform: 'two' as PlatformId },
    ];
    for (const other of others)
      expect(await broadcasts.confirm(code, other, now(), true)).toEqual({ state: 'unknown' });
    for (const wrong of ['', code.slice(0, 5), 'zzzzzz', '%%%%%%'])
      expect(await broadcasts.confirm(wrong, root, now(), false)).toEqual({ state: 'unknown' });
    expect(await broadcasts.confirm(code, root, now() + 11 * minuteMs, false)).toEqual({ state: 'unknown' });
    expect(sentTo('one')).toEqual([]);
    const first = await broadcasts.confirm(code, root, now() + 9 * minuteMs, false);
    expect(first.state).toBe('begun');
    expect(await broadcasts.confirm(code, root, now(), false)).toEqual({ state: 'unknown' });
    await until(() => sentTo('one').length === 1);
    expect(await broadcasts.confirm(code, root, now(), true)).toEqual(first);
  });

  it('takes the place of one that was not confirmed', async () => {
    await asked({ from: 'alice' });
    const broadcasts = process();
    const old = await announced(broadcasts, '甲');
    const code = await announced(broadcasts, '乙');
    expect(await broadcasts.confirm(old, root, now(), false)).toEqual({ state: 'unknown' });
    await broadcasts.confirm(code, root, now(), false);
    await until(() => sentTo('one').length === 1);
    expect(fakeOf('one').sent.map(({ markdown }) => markdown)).toEqual(['乙']);
  });

  it('waits until another one has ended', async () => {
    for (const from of ['a', 'b', 'c']) await asked({ from });
    const broadcasts = process();
    const id = await begun(broadcasts);
    const code = await announced(broadcasts, '乙');
    expect(await broadcasts.confirm(code, root, now(), false)).toEqual({ state: 'busy' });
    await ended(broadcasts, id);
    expect(await broadcasts.confirm(code, root, now(), false)).toMatchObject({ state: 'begun' });
  });

  it('does not begin when the text is too long for one message there', async () => {
    const { capabilities } = fakeOf('two');
    adapters.set('two' as AdapterId, {
      ...platform('two'),
      capabilities: { ...capabilities, maxReplyBytes: 30 },
    });
    await asked({ from: 'alice' });
    const broadcasts = process();
    const text = '一二三四五六七八九十一';
    expect(await broadcasts.announce(text, root, now())).toMatchObject({ state: 'ready' });
    await asked({ on: 'two', from: 'alice' });
    expect(await broadcasts.announce(text, root, now())).toEqual({
      state: 'too-long',
      adapter: 'two',
      maxBytes: 30,
    });
  });

  it('tries again what was certainly not sent, and counts what cannot be', async () => {
    for (const from of ['c', 'b', 'a']) await asked({ from, agoMs: minuteMs + from.charCodeAt(0) });
    fakeOf('one').fail(
      'send',
      new AdapterError('unavailable', 'down'),
      new AdapterError('rate-limited', 'too often', { retryAfterMs: 20_000 }),
    );
    const broadcasts = process();
    const id = await begun(broadcasts);
    await until(() => sentTo('one').length === 1);
    expect(now() - (fakeOf('one').times[0] ?? 0)).toBeGreaterThanOrEqual(22_000);
    fakeOf('one').fail('send', new AdapterError('target-gone', 'dissolved'));
    expect(await ended(broadcasts, id)).toEqual({ sent: 2, failed: 1 });
    expect(sentTo('one')).toEqual(['direct-a', 'direct-c']);
  });

  it('does not send again what may have got through', async () => {
    for (const from of ['b', 'a']) await asked({ from, agoMs: minuteMs + from.charCodeAt(0) });
    fakeOf('one').fail('send', new AdapterError('timeout', 'no answer', { sent: 'maybe' }));
    const broadcasts = process();
    expect(await ended(broadcasts, await begun(broadcasts))).toEqual({ sent: 1, unsure: 1 });
    expect(sentTo('one')).toEqual(['direct-b']);
  });

  it('gives a chat up in the end, and goes on with the next', async () => {
    for (const from of ['b', 'a']) await asked({ from, agoMs: minuteMs + from.charCodeAt(0) });
    const down = Array.from({ length: 6 }, () => new AdapterError('unavailable', 'down'));
    fakeOf('one').fail('send', ...down);
    const broadcasts = process();
    expect(await ended(broadcasts, await begun(broadcasts))).toEqual({ sent: 1, failed: 1 });
  });

  it('waits for a platform that is down, and not for one that cannot come back by itself', async () => {
    await asked({ from: 'alice' });
    await asked({ on: 'two', from: 'alice' });
    fakeOf('one').state = 'down';
    const broadcasts = process();
    const id = await begun(broadcasts);
    await until(() => sentTo('two').length === 1);
    await clock.advance(10 * minuteMs);
    expect(fakeOf('one').times).toEqual([]);
    fakeOf('one').state = 'up';
    expect(await ended(broadcasts, id)).toEqual({ sent: 2 });
  });

  it('can be stopped, and says what was sent by then', async () => {
    for (const from of ['a', 'b', 'c', 'd']) await asked({ from });
    const broadcasts = process();
    await begun(broadcasts);
    await until(() => sentTo('one').length === 2);
    const stopped = await broadcasts.stop();
    expect(stopped.map((tally) => Object.fromEntries(tally))).toEqual([{ sent: 2, waiting: 2 }]);
    await clock.advance(minuteMs);
    expect(sentTo('one')).toHaveLength(2);
    expect(await broadcasts.stop()).toEqual([]);
    const successor = process();
    await successor.recover();
    await clock.advance(minuteMs);
    expect(sentTo('one')).toHaveLength(2);
  });
});
