import { expect, it } from 'vitest';
import { aheadOf } from '../../../../src/store/lanes.ts';
import type { Scope } from '../../../../src/core/scope.ts';
import { adapter, answered, ask, groupScope, morning, turnId, type StoreStage } from './stage.ts';

const otherScope = `${groupScope}-other` as Scope;

export function laneBehaviours({ store }: StoreStage): void {
  /** The turn is this process's for as long as its lease goes on, which is taken for over with `over`. */
  async function hold(name: string, owner: string, lease: 'living' | 'over' = 'living'): Promise<void> {
    const { id, fence } = (await store().turns.byId(turnId(name))) ?? { id: turnId(name), fence: 1 };
    await store().leases.renew([{ id, fence }], -1);
    const [turn] = await store().leases.take({
      owner,
      forMs: lease === 'living' ? 15_000 : -1,
      which: 'expired',
      except: [],
      adapters: [adapter],
    });
    expect(turn?.id).toBe(id);
  }

  /** Says how many come first; 0: it has entered. */
  async function enter(name: string, owner: string): Promise<number> {
    const turn = await store().turns.byId(turnId(name));
    if (turn === undefined) throw new Error(`there is no ${name}`);
    return store().lanes.enter(turn, owner);
  }

  async function asked(name: string, owner: string, after: number, more: { scope?: Scope } = {}) {
    await ask(store(), name, { acceptedAt: morning + after, ...more });
    await hold(name, owner);
  }

  it('lets one process after the other answer in a lane, the oldest question first', async () => {
    await asked('one', 'a', 1);
    await asked('two', 'b', 2);
    await asked('three', 'c', 3);
    expect([await enter('three', 'c'), await enter('two', 'b')]).toEqual([2, 1]);
    expect([await enter('one', 'a'), await enter('two', 'b')]).toEqual([0, 1]);
    await store().turns.save(turnId('one'), answered(), morning);
    expect([await enter('three', 'c'), await enter('two', 'b')]).toEqual([1, 0]);
    expect(await enter('three', 'c')).toBe(1);
    await store().turns.save(turnId('two'), answered(), morning);
    expect(await enter('three', 'c')).toBe(0);
  });

  it('waits for what is being answered, though it was accepted later by another clock', async () => {
    await asked('late', 'a', 9);
    expect(await enter('late', 'a')).toBe(0);
    await asked('early', 'b', 1);
    expect(await enter('early', 'b')).toBe(1);
  });

  it('does not wait for other lanes, its own process, or a process that is no more', async () => {
    await asked('other', 'a', 1, { scope: otherScope });
    expect(await enter('other', 'a')).toBe(0);
    await asked('own', 'b', 2);
    expect(await enter('own', 'b')).toBe(0);
    await asked('next', 'b', 3);
    expect(await enter('next', 'b')).toBe(0);
    for (const name of ['own', 'next']) await store().turns.save(turnId(name), answered(), morning);
    await asked('last', 'b', 4);
    await ask(store(), 'dead', { acceptedAt: morning });
    await hold('dead', 'a', 'over');
    expect(await enter('last', 'b')).toBe(0);
  });

  it('begins to wait anew with who takes it over', async () => {
    await asked('one', 'a', 1);
    await asked('two', 'b', 2);
    expect(await enter('one', 'a')).toBe(0);
    await hold('one', 'c');
    // Whoever had it may not enter with it any more.
    const { id, scope } = (await store().turns.byId(turnId('one'))) ?? {
      id: turnId('one'),
      scope: groupScope,
    };
    await store().lanes.enter({ id, scope, fence: 2 }, 'a');
    expect(await enter('two', 'b')).toBe(1);
    await store().turns.save(turnId('one'), answered({ state: 'finalising' }), morning);
    expect(await enter('two', 'b')).toBe(1);
    // What is only closed by who took it over stands in no lane.
    const ending = { status: 'complete', remarks: [], durationMs: 1 } as const;
    await store().turns.save(turnId('one'), { state: 'finalising', ending }, morning);
    expect(await enter('two', 'b')).toBe(0);
  });

  it('never lets two processes wait for each other, whatever stands behind what', () => {
    const waiting = (id: string, acceptedAt: number, owner: string) => ({ id, acceptedAt, owner });
    // The youngest of `a` stands first in its lane there: the oldest was taken over later.
    const all = [waiting('young', 20, 'a'), waiting('middle', 15, 'b'), waiting('old', 10, 'a')];
    const aheadFor = (me: string) =>
      aheadOf(all.map(({ owner, ...turn }) => ({ ...turn, begun: false, mine: owner === me })));
    expect([aheadFor('a'), aheadFor('b')]).toEqual([0, 1]);
  });
}
