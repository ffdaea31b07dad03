import { expect, it } from 'vitest';
import type { ChatKey, EventKey, ReplyHandle } from '../../../../src/contract/ids.ts';
import { fakeMessage } from '../../../fakes/adapter.ts';
import { adapter, alice, answered, ask, bob, groupScope, morning, turnId, type StoreStage } from './stage.ts';

const emoji = '群聊 👩‍👩‍👧 “a” \\ % _ \' ";\n';

export function turnBehaviours({ store, open }: StoreStage): void {
  it('takes an event once, however often and at the same moment it comes', async () => {
    const { eventKey } = fakeMessage();
    const admit = () => store().turns.admit({ adapter, eventKey, at: morning });
    const outcomes = await Promise.all(Array.from({ length: 40 }, admit));
    expect(outcomes.filter((outcome) => outcome === 'new')).toHaveLength(1);
    expect(await admit()).toBe('duplicate');
  });

  it('keeps what was taken over its end', async () => {
    const { eventKey } = await ask(store(), 'kept');
    await store().close();
    const again = await open();
    expect(await again.turns.admit({ adapter, eventKey, at: morning })).toBe('duplicate');
    expect((await again.turns.unfinished()).map(({ id }) => id)).toEqual([turnId('kept')]);
  });

  it('gives every turn back as it was stored', async () => {
    const message = await ask(store(), 'all', { message: { text: emoji } });
    const parts = [{ handle: { card: 'c-1' } as unknown as ReplyHandle, start: 0, end: 9, closed: true }];
    const ending = { status: 'complete', remarks: ['heic'], durationMs: 12 } as const;
    const trace = { openedMs: 3, server: 'gpu-box:8000' };
    const saved = {
      state: 'done',
      attempts: 2,
      question: emoji,
      answer: emoji,
      parts,
      ending,
      trace,
    } as const;
    const counted = { promptTokens: 2_000_000_000, completionTokens: 7, model: 'Qwen/Qwen3-32B' };
    await store().turns.save(turnId('all'), { ...saved, ...counted }, morning + 5);
    const turn = await store().turns.byId(turnId('all'));
    expect(turn).toMatchObject({ ...saved, ...counted, message, acceptedAt: morning });
    expect(await store().turns.byId(turnId('none'))).toBeUndefined();
  });

  it('stores texts with a character that is none', async () => {
    await ask(store(), 'zero', { patch: answered({ answer: 'a\0b\uD800c' }) });
    const turn = await store().turns.byId(turnId('zero'));
    expect(turn?.answer).toMatch(/^a[\0\uFFFD]b\uFFFDc$/);
  });

  it('decides what an event becomes by what was counted before it, also within one commit', async () => {
    const counted: (number | undefined)[] = [];
    const one = (index: number) =>
      store().turns.admit({
        adapter,
        eventKey: `burst-${index}` as EventKey,
        at: morning,
        turnIfNew: async (counter) => {
          counted.push(await counter.nthLatest({}, index + 1, 0));
          return {
            id: turnId(`b${index}`),
            kind: 'question',
            scope: groupScope,
            message: fakeMessage(),
            buttonKey: `b${index}`,
            acceptedAt: morning + index,
          };
        },
      });
    await Promise.all([0, 1, 2].map(one));
    expect(counted).toEqual([undefined, undefined, undefined]);
    expect(await store().counter.nthLatest({}, 3, 0)).toBe(morning);
  });

  it('lets nobody else suffer for a write that fails', async () => {
    await ask(store(), 'taken', { buttonKey: 'the same' });
    const failing = ask(store(), 'failing', { buttonKey: 'the same' });
    const fine = ask(store(), 'fine');
    await expect(failing).rejects.toThrow();
    await fine;
    expect(await store().turns.byId(turnId('fine'))).toBeDefined();
    expect(store().healthy()).toBe(true);
  });

  it('answers a turn again only once', async () => {
    await ask(store(), 'first', { patch: answered() });
    const again = (eventKey: string) =>
      store().turns.admit({
        adapter,
        eventKey: eventKey as EventKey,
        at: morning + 9,
        retryOf: turnId('first'),
      });
    expect(await Promise.all([again('r1'), again('r2')])).toEqual(['new', 'duplicate']);
    expect((await store().turns.byId(turnId('first')))?.retriedAt).toBe(morning + 9);
    expect(await store().turns.history(groupScope, 0, 9)).toEqual([]);
  });

  it('finds a turn by its button, its event and the id of its reply, byte for byte', async () => {
    const handle = { card: 'Om_x%1' } as unknown as ReplyHandle;
    const patch = { parts: [{ handle, start: 0, closed: false }] };
    const { place, eventKey } = await ask(store(), 'found', { patch });
    expect((await store().turns.byButtonKey('key-found'))?.id).toBe(turnId('found'));
    expect((await store().turns.byEvent(adapter, eventKey))?.id).toBe(turnId('found'));
    const byReply = (id: string, chat = place.chat) => store().turns.byReplyId(adapter, chat, id);
    expect((await byReply('Om_x%1'))?.id).toBe(turnId('found'));
    for (const other of ['om_x%1', 'Om_x%', 'Om_xx1']) expect(await byReply(other)).toBeUndefined();
    expect(await byReply('Om_x%1', 'elsewhere' as ChatKey)).toBeUndefined();
  });

  it('knows that nothing was written yet', async () => {
    expect(await store().turns.lastWrittenAt()).toBe(0);
    expect(await store().turns.anyUnfinished()).toBe(false);
  });

  it('knows what a conversation remembers, what is unfinished and what was asked last', async () => {
    for (const [index, name] of ['one', 'two', 'three'].entries())
      await ask(store(), name, { acceptedAt: morning + index, patch: answered({ answer: name }) });
    await ask(store(), 'open', { acceptedAt: morning + 5, patch: { state: 'streaming', answer: 'half' } });
    await ask(store(), 'new', { acceptedAt: morning + 6, kind: 'command' });
    const answers = async (since: number, limit: number) =>
      (await store().turns.history(groupScope, since, limit)).map(({ answer }) => answer);
    expect(await answers(0, 2)).toEqual(['three', 'two']);
    expect(await answers(morning + 1, 9)).toEqual(['three']);
    expect((await store().turns.unfinished()).map(({ id }) => id)).toEqual([turnId('open'), turnId('new')]);
    expect(await store().turns.anyUnfinished()).toBe(true);
    for (const name of ['open', 'new'])
      await store().turns.save(turnId(name), { state: 'done' }, morning + 6);
    expect(await store().turns.anyUnfinished()).toBe(false);
    expect(await store().turns.lastWrittenAt()).toBe(morning + 6);
    expect((await store().turns.lastQuestion(groupScope, alice))?.id).toBe(turnId('open'));
    expect(await store().turns.lastQuestion(groupScope, bob)).toBeUndefined();
  });

  it('ends the parts of a question with it', async () => {
    await ask(store(), 'whole', { patch: { state: 'open' } });
    for (const [index, name] of ['part1', 'part2'].entries())
      await ask(store(), name, { kind: 'part', joinedTo: turnId('whole'), acceptedAt: morning + index });
    const parts = await store().turns.partsOf(turnId('whole'));
    expect(parts.map(({ id }) => id)).toEqual([turnId('part1'), turnId('part2')]);
    await store().turns.save(turnId('whole'), answered({ absorbed: [turnId('part1')] }), morning + 9);
    await store().turns.save(turnId('part2'), { kind: 'question' }, morning + 9);
    expect(await store().turns.partsOf(turnId('whole'))).toEqual([]);
    expect((await store().turns.unfinished()).map(({ id }) => id)).toEqual([turnId('part2')]);
  });

  it('counts states, and finds how questions went and which begin so', async () => {
    const trace = { server: 'gpu' };
    await ask(store(), 'k7p2a', { patch: answered({ trace }) });
    await ask(store(), 'k7p2b', { acceptedAt: morning + 1, patch: { state: 'failed' } });
    await ask(store(), 'k7p3', { acceptedAt: morning + 2 });
    expect(await store().turns.countsSince(morning)).toEqual(
      new Map([
        ['done', 1],
        ['failed', 1],
        ['accepted', 1],
      ]),
    );
    expect(await store().turns.tracesSince(0, 9)).toEqual([{ acceptedAt: morning, state: 'done', trace }]);
    const begin = async (prefix: string) => (await store().turns.byShortId(prefix, {}))?.id;
    expect(await begin('k7p2')).toBe(turnId('k7p2b'));
    expect(await begin('')).toBe(turnId('k7p3'));
    expect(await begin('k7p4')).toBeUndefined();
  });
}
