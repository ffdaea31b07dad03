import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { AdapterId, PersonKey, PlatformId } from '../../../src/contract/ids.ts';
import { createBroadcasts, type Broadcasts } from '../../../src/core/broadcast.ts';
import { createAccess } from '../../../src/core/access.ts';
import { newTurnId } from '../../../src/core/ids.ts';
import { openPolicy, type PolicyBook } from '../../../src/core/policy.ts';
import { scopeOf } from '../../../src/core/scope.ts';
import type { Tally } from '../../../src/store/broadcasts.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { createFakeAdapter, fakeMessage, type FakeAdapter } from '../../fakes/adapter.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { silentLog } from '../../fakes/core.ts';

const never = new AbortController().signal;
const randomByte = (): number => Math.floor(Math.random() * 256);
const dayMs = 24 * 60 * 60_000;
const minuteMs = 60_000;

type Platform = FakeAdapter & { readonly times: number[]; state: 'up' | 'down' };

let folder: string;
let store: Store;
let policy: PolicyBook;
let clock: FakeClock;
let adapters: Map<AdapterId, Platform>;
let works: Promise<void>[];
/** Ends the process that is tried: nothing further leaves. */
let halting: AbortController;

function platform(id: string): Platform {
  const fake = createFakeAdapter();
  const times: number[] = [];
  const made: Platform = {
    ...fake,
    id: id as AdapterId,
    platform: id as PlatformId,
    times,
    state: 'up',
    health: () => ({ state: made.state, since: new Date(0), reconnects: 0 }),
    async send(...given) {
      times.push(clock.now().getTime());
      await fake.send(...given);
    },
  };
  return made;
}

function process(leading = (): boolean => true): Broadcasts {
  halting = new AbortController();
  return createBroadcasts({
    store,
    leading,
    policy,
    access: createAccess(policy.current),
    adapters,
    clock,
    newId: () => newTurnId(randomByte),
    log: silentLog,
    background: (work) => void works.push(work),
    halting: halting.signal,
    dying: never,
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-broadcast-'));
  store = await openStore({ file: join(folder, 'bridge.db') }, systemClock);
  const admins = [{ platform: 'one' as PlatformId, id: 'root' }];
  policy = await openPolicy(store.policy, { admins, allow: undefined }, 'user');
  clock = createFakeClock();
  works = [];
  adapters = new Map(['one', 'two'].map((id) => [id as AdapterId, platform(id)]));
});
afterEach(async () => {
  halting.abort();
  for (const adapter of adapters.values()) adapter.state = 'up';
  await clock.advance(10 * minuteMs);
  await Promise.all(works);
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const fakeOf = (id: string): Platform => {
  const found = adapters.get(id as AdapterId);
  if (found === undefined) throw new Error(`no platform ${id}`);
  return found;
};
const sentTo = (id: string): string[] => fakeOf(id).sent.map(({ to }) => JSON.parse(to) as string);

type Asked = {
  readonly on?: string;
  readonly from: string;
  readonly group?: string;
  readonly agoMs?: number;
  readonly name?: string;
};

/** Somebody asks a question, in the direct chat unless a group is named. */
async function asked({ on = 'one', from, group, agoMs = minuteMs, name }: Asked): Promise<void> {
  const plain = fakeMessage({ from, direct: group === undefined, chat: group ?? `chat-of-${from}` });
  const place = { ...plain.place, adapter: on as AdapterId, platform: on as PlatformId };
  const sender = { key: from as PersonKey, ...(name === undefined ? {} : { name }) };
  const acceptedAt = clock.now().getTime() - agoMs;
  const message = { ...plain, place, sender };
  const turn = {
    id: newTurnId(randomByte),
    kind: 'question' as const,
    scope: scopeOf(place, sender.key, 'user'),
    message,
    buttonKey: newTurnId(randomByte),
    acceptedAt,
  };
  const { eventKey } = message;
  await store.turns.admit({ adapter: place.adapter, eventKey, at: acceptedAt, turnIfNew: () => turn });
}

const root = { platform: 'one' as PlatformId, person: 'root' as PersonKey, chat: 'chat-of-root' as never };
const now = (): number => clock.now().getTime();

async function announced(broadcasts: Broadcasts, text = '今晚八点维护'): Promise<string> {
  const answer = await broadcasts.announce(text, root, now());
  if (answer.state !== 'ready') throw new Error(`not ready but ${answer.state}`);
  return answer.code;
}

async function begun(broadcasts: Broadcasts): Promise<string> {
  const confirmed = await broadcasts.confirm(await announced(broadcasts), root, now(), false);
  if (confirmed.state !== 'begun') throw new Error(confirmed.state);
  return confirmed.id;
}

/** Lets time pass until it holds. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let steps = 0; steps < 3_000; steps += 1) {
    if (await condition()) return;
    await clock.advance(100);
  }
  throw new Error('never happened');
}

async function ended(broadcasts: Broadcasts, id: string): Promise<Record<string, number>> {
  let last: { tally: Tally; ended: boolean } | undefined;
  const watching = (async () => {
    for await (const progress of broadcasts.watch(id, never)) last = progress;
  })();
  await until(() => last?.ended === true);
  await watching;
  return Object.fromEntries(last?.tally ?? []);
}

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

describe('of several processes', () => {
  it('whoever leads sends what another was told to; that one sees how it goes, and can stop it', async () => {
    for (const from of ['a', 'b', 'c', 'd', 'e']) await asked({ from });
    let leads = 1;
    const [one, two, told] = [process(() => leads === 1), process(() => leads === 2), process(() => false)];
    const term = new AbortController();
    void one.lead(term.signal);
    await begun(told);
    await until(() => sentTo('one').length === 2);
    leads = 2;
    term.abort();
    void two.lead(never);
    await until(() => sentTo('one').length === 4);
    const [stopped] = await told.stop();
    expect([stopped?.get('waiting'), new Set(sentTo('one')).size]).toEqual([1, 4]);
  });
});

describe('after a restart a broadcast', () => {
  it('goes on where it was, and nobody gets it twice', async () => {
    for (const from of ['a', 'b', 'c', 'd', 'e']) await asked({ from });
    const before = process();
    const id = await begun(before);
    await until(() => sentTo('one').length === 2);
    halting.abort();
    await Promise.all(works);
    await clock.advance(minuteMs);
    expect(sentTo('one')).toHaveLength(2);
    const after = process();
    await after.recover();
    expect(await ended(after, id)).toEqual({ sent: 5 });
    expect(new Set(sentTo('one')).size).toBe(5);
    expect(sentTo('one')).toHaveLength(5);
  });

  it('does not repeat what was under way when the process died', async () => {
    for (const from of ['b', 'a']) await asked({ from, agoMs: minuteMs + from.charCodeAt(0) });
    const hanging = platform('one');
    adapters.set('one' as AdapterId, { ...hanging, send: () => new Promise<void>(() => undefined) });
    const id = await begun(process());
    await until(async () => (await store.broadcasts.tally(id)).get('sending') === 1);
    works = [];
    adapters.set('one' as AdapterId, hanging);
    const after = process();
    await after.recover();
    expect(await ended(after, id)).toEqual({ sent: 1, unsure: 1 });
    expect(sentTo('one')).toEqual(['direct-b']);
  });

  it('counts those of an integration that is gone as not reached', async () => {
    await asked({ from: 'alice' });
    await asked({ on: 'two', from: 'alice' });
    fakeOf('two').state = 'down';
    const id = await begun(process());
    await until(() => sentTo('one').length === 1);
    halting.abort();
    await until(() => works.length > 0);
    await clock.advance(2_000);
    adapters.delete('two' as AdapterId);
    const after = process();
    await after.recover();
    expect(await ended(after, id)).toEqual({ sent: 1, failed: 1 });
  });
});

describe('what is stored of broadcasts', () => {
  it('is forgotten with its time, what is still being sent excepted', async () => {
    await asked({ from: 'alice' });
    const broadcasts = process();
    const done = await begun(broadcasts);
    await ended(broadcasts, done);
    fakeOf('one').state = 'down';
    const sending = await begun(broadcasts);
    await store.purge(now() + 31 * dayMs, 30 * dayMs);
    expect((await store.broadcasts.tally(done)).size).toBe(0);
    expect((await store.broadcasts.tally(sending)).size).toBe(1);
  });
});
