import { expect, it } from 'vitest';
import type { AdapterId } from '../../../../src/contract/ids.ts';
import type { TurnId } from '../../../../src/core/turn.ts';
import type { Taking } from '../../../../src/store/leases.ts';
import type { Store } from '../../../../src/store/store.ts';
import { adapter, answered, ask, morning, turnId, type StoreStage } from './stage.ts';

const leaseMs = 15_000;
/** A lease that is over when the next statement looks at it, whatever the database's clock says. */
const overMs = -1;

const taking = (owner: string, more: Partial<Taking> = {}): Taking => ({
  owner,
  forMs: leaseMs,
  which: 'expired',
  except: [],
  adapters: [adapter],
  ...more,
});
const first = (name: string) => ({ id: turnId(name), fence: 1 });

/** Asks these, and lets their leases end. */
async function leave(store: Store, ...names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) await ask(store, name, { acceptedAt: morning + index });
  expect(await store.leases.renew(names.map(first), overMs)).toEqual([]);
}

const take = async (store: Store, more: Parameters<typeof taking>[1] & { owner?: string } = {}) =>
  (await store.leases.take(taking(more.owner ?? 'other', more))).map(
    ({ id, fence }) => `${id.slice(0, 4)} ${fence}`,
  );
const shown = (names: string, fence: number) => `${turnId(names).slice(0, 4)} ${fence}`;

export function leaseBehaviours({ store, open }: StoreStage): void {
  it('lets turns be taken whose lease is over, oldest first, and no others', async () => {
    await leave(store(), 'left', 'late');
    await ask(store(), 'held');
    await ask(store(), 'done', { patch: answered() });
    expect(await take(store())).toEqual([shown('left', 2), shown('late', 2)]);
    // The lease begins anew with who took them.
    expect(await take(store())).toEqual([]);
  });

  it('lets who is alone take everything unfinished', async () => {
    await leave(store(), 'left');
    await ask(store(), 'held');
    await ask(store(), 'part', { kind: 'part', joinedTo: turnId('held') });
    await ask(store(), 'done', { patch: answered() });
    const all = await take(store(), { which: 'all' });
    expect(all.sort()).toEqual([shown('held', 2), shown('left', 2), shown('part', 2)]);
  });

  it('counts how often a turn was left in the middle, and no hand-over in good order', async () => {
    await leave(store(), 'left');
    const takenUp = async (more: Partial<Taking> = {}): Promise<readonly number[]> =>
      (await store().leases.take(taking('me', more))).map((turn) => turn.takenUp);
    expect(await takenUp()).toEqual([1]);
    await store().leases.release('me');
    expect(await takenUp()).toEqual([1]);
    expect(await takenUp({ which: 'all' })).toEqual([2]);
    expect((await store().turns.byId(turnId('left')))?.takenUp).toBe(2);
  });

  it('leaves what is worked on here, and what nobody could show anything of', async () => {
    await leave(store(), 'here', 'left');
    expect(await take(store(), { adapters: ['other' as AdapterId] })).toEqual([]);
    expect(await take(store(), { adapters: [] })).toEqual([]);
    expect(await take(store(), { except: [first('here')] })).toEqual([shown('left', 2)]);
    expect(await take(store(), { which: 'all', except: [{ id: turnId('left'), fence: 2 }] })).toEqual([
      shown('here', 2),
    ]);
  });

  it('gives a part with its question, or alone when its question is over', async () => {
    await leave(store(), 'ques', 'part', 'lone');
    for (const [part, question] of [
      ['parA', 'ques'],
      ['parB', 'over'],
    ] as const) {
      await ask(store(), part, { kind: 'part', joinedTo: turnId(question) });
      await store().leases.renew([first(part)], overMs);
    }
    await ask(store(), 'over', { patch: answered() });
    const except = ['part', 'lone'].map(first);
    // Its number rises all the same: whoever had it may not make it a question of its own any more.
    expect((await take(store(), { except })).sort()).toEqual([shown('parB', 2), shown('ques', 2)]);
    expect((await store().turns.byId(turnId('parA')))?.fence).toBe(2);
    expect(await store().turns.save(turnId('parA'), { kind: 'question' }, morning, 1)).toBe(false);
    expect((await store().turns.byId(turnId('parA')))?.kind).toBe('part');
  });

  it('takes a part whose question has decided how it ends', async () => {
    await ask(store(), 'ques', {
      patch: { state: 'finalising', ending: { status: 'complete', remarks: [], durationMs: 1 } },
    });
    await ask(store(), 'part', { kind: 'part', joinedTo: turnId('ques') });
    await store().leases.renew([first('part')], overMs);
    expect(await take(store())).toEqual([shown('part', 2)]);
  });

  it('refuses what is written with an older number, and leaves the turn as it is', async () => {
    await leave(store(), 'left');
    const part = turnId('absorbed');
    await ask(store(), 'absorbed', { kind: 'part', joinedTo: turnId('left') });
    await take(store());
    const before = await store().turns.byId(turnId('left'));
    const late = answered({ absorbed: [part], answer: 'late' });
    expect(await store().turns.save(turnId('left'), late, morning + 9, 1)).toBe(false);
    expect(await store().turns.byId(turnId('left'))).toEqual(before);
    expect((await store().turns.byId(part))?.state).toBe('accepted');
    expect(await store().turns.save(turnId('left'), answered(), morning + 9, 2)).toBe(true);
    expect((await store().turns.byId(turnId('left')))?.state).toBe('done');
  });

  it('renews what is still held and names what is not', async () => {
    await leave(store(), 'kept', 'lost');
    await take(store(), { except: [first('kept')] });
    expect(await store().leases.renew([first('kept'), first('lost')], leaseMs)).toEqual([first('lost')]);
    expect(await take(store(), { owner: 'third' })).toEqual([]);
    expect(await store().leases.renew([], leaseMs)).toEqual([]);
  });

  it('does not call lost what has just come to its end, or was never there', async () => {
    await ask(store(), 'done', { patch: answered() });
    expect(await store().leases.renew([first('done'), first('none')], overMs)).toEqual([]);
  });

  it('lets everything go that a process held, and nothing of others', async () => {
    await leave(store(), 'mine', 'theirs');
    await take(store(), { owner: 'me', except: [first('theirs')] });
    await take(store(), { owner: 'them' });
    await store().leases.release('me');
    expect(await take(store(), { owner: 'next' })).toEqual([shown('mine', 3)]);
  });

  it('lists what others are working on', async () => {
    await leave(store(), 'mine', 'theirs');
    await take(store(), { owner: 'me', except: [first('theirs')] });
    await take(store(), { owner: 'them' });
    const ids = async (owner: string): Promise<readonly TurnId[]> =>
      (await store().leases.elsewhere(owner)).map(({ id }) => id);
    expect(await ids('me')).toEqual([turnId('theirs')]);
    expect(await ids('nobody')).toEqual([turnId('mine'), turnId('theirs')]);
    await store().turns.save(turnId('theirs'), answered(), morning);
    expect(await ids('me')).toEqual([]);
  });

  it('gives each turn to one of those that take at the same moment', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `t${index}-`);
    await leave(store(), ...names);
    const stores = store().engine === 'postgres' ? [store(), await open(), await open()] : [store()];
    const taken = await Promise.all(
      [...stores, ...stores].map((each, index) => take(each, { owner: `replica ${index}` })),
    );
    expect(taken.flat()).toHaveLength(names.length);
    expect(new Set(taken.flat()).size).toBe(names.length);
    expect(store().owner).toBe('only');
  });
}
