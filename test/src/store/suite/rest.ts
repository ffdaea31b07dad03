import { expect, it, vi } from 'vitest';
import type { Broadcast } from '../../../../src/store/broadcasts.ts';
import { fakeAddress } from '../../../fakes/adapter.ts';
import { adapter, alice, answered, ask, bob, morning, platform, turnId, type StoreStage } from './stage.ts';

const day = 24 * 60 * 60_000;

export function restBehaviours({ store, open }: StoreStage): void {
  it('gives pictures back byte for byte, in their order, until they expire', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const image = { mime: 'image/png', width: 3, height: 4, bytes } as const;
    const second = { ...image, bytes: new Uint8Array(600_000).fill(0x5c) };
    await store().media.put(turnId('m'), [image, second], morning + day);
    expect(await store().media.of(turnId('m'), morning)).toEqual([image, second]);
    expect(await store().media.of(turnId('m'), morning + day)).toEqual([]);
    await store().media.put(turnId('m'), [second], morning + day);
    expect(await store().media.of(turnId('m'), morning)).toEqual([second]);
  });

  it('sends a broadcast to each chat once, and knows after an end what is unsure', async () => {
    await ask(store(), 'used', { patch: answered() });
    const chats = await store().broadcasts.usedChats(0, 9);
    expect(chats).toMatchObject([{ adapter, kind: 'group', person: alice }]);
    const broadcast: Broadcast = {
      id: 'bc2222',
      text: '今晚维护',
      platform,
      person: alice,
      state: 'asked',
      createdAt: morning,
    };
    const targets = Array.from({ length: 1_200 }, (_, index) => ({
      adapter,
      address: fakeAddress(`c${index}`),
    }));
    const { broadcasts } = store();
    await broadcasts.draft({ ...broadcast, id: 'forgotten' }, targets.slice(0, 1));
    await broadcasts.draft(broadcast, targets);
    expect(await broadcasts.find(platform, alice, 'forgotten')).toBeUndefined();
    expect(await broadcasts.find(platform, bob, 'bc')).toBeUndefined();
    expect(await broadcasts.find(platform, alice, 'bc')).toEqual(broadcast);
    expect(await Promise.all([broadcasts.begin('bc2222'), broadcasts.begin('bc2222')])).toEqual([
      true,
      false,
    ]);
    expect(await broadcasts.sending()).toEqual(['bc2222']);
    expect(await Promise.all([broadcasts.claim('bc2222', 7), broadcasts.claim('bc2222', 7)])).toEqual([
      true,
      false,
    ]);
    await broadcasts.claim('bc2222', 8);
    await broadcasts.settle('bc2222', 8, 'sent');
    expect(await broadcasts.takeUp()).toMatchObject([{ id: 'bc2222', state: 'sending' }]);
    expect(await broadcasts.waiting('bc2222')).toHaveLength(1_198);
    expect(await broadcasts.tally('bc2222')).toEqual(
      new Map([
        ['waiting', 1_198],
        ['sent', 1],
        ['unsure', 1],
      ]),
    );
    expect(await broadcasts.end('bc2222', 'stopped')).toBe(true);
    expect(await broadcasts.end('bc2222', 'done')).toBe(false);
    await broadcasts.purge(morning + 1);
    expect(await broadcasts.tally('bc2222')).toEqual(new Map());
  });

  it('erases the words of a person, of a message, of a part of one, and nothing else', async () => {
    for (let index = 0; index < 250; index += 1)
      await ask(store(), `a${index}`, { patch: answered(), message: { text: '甲' } });
    await ask(store(), 'kept', { message: { text: '乙', from: 'bob' }, patch: answered() });
    const own = { platform, person: alice, until: morning, except: turnId('a0') };
    expect(await store().forget.amount(own)).toEqual({ questions: 249, pictures: 0 });
    await store().forget.erasePerson(own, morning + 1);
    expect(await store().forget.amount(own)).toEqual({ questions: 0, pictures: 0 });
    expect(await store().turns.byId(turnId('a7'))).toMatchObject({
      answer: undefined,
      message: { text: '' },
    });
    for (const name of ['a0', 'kept']) expect((await store().turns.byId(turnId(name)))?.answer).toBe('that');
    expect(await store().forget.scrub()).toBe(true);

    const recalled = await ask(store(), 'recalled', { patch: answered() });
    expect(await store().forget.eraseMessage(adapter, recalled.eventKey, morning)).toEqual([
      turnId('recalled'),
    ]);
    const part = await ask(store(), 'part', { kind: 'part', joinedTo: turnId('kept') });
    await store().forget.emptyMessage(adapter, part.eventKey, morning);
    expect(await store().turns.byId(turnId('part'))).toMatchObject({ state: 'done', erasedAt: morning });
  });

  it('forgets what has outlived its retention, a great deal of it, too', async () => {
    const old = morning - 31 * day;
    const names = Array.from({ length: 1_100 }, (_, index) => `o${index}`);
    await Promise.all(names.map((name) => ask(store(), name, { acceptedAt: old, patch: answered() })));
    await ask(store(), 'open', { acceptedAt: old, patch: { state: 'streaming' } });
    const { eventKey } = await ask(store(), 'fresh', { patch: answered() });
    await store().purge(morning, 30 * day);
    expect(await store().turns.countsSince(0)).toEqual(
      new Map([
        ['streaming', 1],
        ['done', 1],
      ]),
    );
    // A claim of eight days ago is forgotten; a fresh one still holds.
    const admit = (key: string) =>
      store().turns.admit({ adapter, eventKey: key as typeof eventKey, at: morning });
    expect([await admit('event-o1'), await admit(eventKey)]).toEqual(['new', 'duplicate']);
    expect(store().sizeBytes()).toBeGreaterThan(0);
    expect(store().engine).toMatch(/^(?:sqlite|postgres)$/);
  });

  it('carries signals to everyone who listens on a channel, and to nobody else', async () => {
    const heard: string[] = [];
    const other = vi.fn();
    const ready = new Promise<void>((resolve) => {
      const listener = { received: (payload: string) => void heard.push(payload), missed: resolve };
      store().signals.listen('stop', listener);
      if (store().engine === 'sqlite') resolve();
    });
    const leave = store().signals.listen('policy', { received: other, missed: () => undefined });
    await ready;
    leave();
    const sender = store().engine === 'postgres' ? await open() : store();
    await sender.signals.notify('policy', 'x');
    await sender.signals.notify('stop', '停 "1"');
    await sender.signals.notify('stop', '');
    await vi.waitFor(() => expect(heard).toEqual(['停 "1"', '']), 10_000);
    expect(other.mock.calls).toEqual([]);
    await expect(sender.signals.notify('stop', '停'.repeat(2_667))).rejects.toThrow(RangeError);
  });
}
