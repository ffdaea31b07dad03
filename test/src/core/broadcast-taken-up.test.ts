import { describe, expect, it } from 'vitest';
import type { AdapterId } from '../../../src/contract/ids.ts';
import {
  never,
  dayMs,
  minuteMs,
  store,
  clock,
  adapters,
  works,
  halting,
  platform,
  process,
  fakeOf,
  sentTo,
  asked,
  now,
  begun,
  until,
  ended,
  onBroadcastStage,
} from './broadcast-stage.ts';

onBroadcastStage();

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
    works.length = 0;
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
