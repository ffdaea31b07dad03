import { expect, it } from 'vitest';
import { answered, ask, turnId, type StoreStage } from './stage.ts';

export function stopWishBehaviours({ store }: StoreStage): void {
  const wishOf = (name: string) => store().stopWishes.of(turnId(name));

  it('keeps the first wish that a turn be stopped, until that has come to its end', async () => {
    await ask(store(), 'asked');
    await ask(store(), 'other');
    expect(await wishOf('asked')).toBeUndefined();
    await store().stopWishes.make([turnId('asked')], 'stopped');
    await store().stopWishes.make([turnId('asked'), turnId('none')], 'recalled');
    await store().stopWishes.make([], 'recalled');
    expect([await wishOf('asked'), await wishOf('other')]).toEqual(['stopped', undefined]);
    expect((await store().turns.byId(turnId('asked')))?.stopWish).toBe('stopped');
    const mine = [{ id: turnId('asked'), wish: 'stopped' }];
    expect(await store().stopWishes.ofOwner(store().owner)).toEqual(mine);
    expect(await store().stopWishes.ofOwner('another')).toEqual([]);
    await store().turns.save(turnId('asked'), answered(), 0);
    expect(await wishOf('asked')).toBeUndefined();
    expect(await store().stopWishes.ofOwner(store().owner)).toEqual([]);
  });

  it('takes no wish about a turn whose end is decided', async () => {
    const ending = { status: 'complete', remarks: [], durationMs: 1 } as const;
    await ask(store(), 'decided', { patch: { state: 'finalising', ending } });
    await ask(store(), 'ended', { patch: answered() });
    await store().stopWishes.make(['decided', 'ended'].map(turnId), 'stopped');
    expect((await store().turns.byId(turnId('decided')))?.stopWish).toBeUndefined();
    expect((await store().turns.byId(turnId('ended')))?.stopWish).toBeUndefined();
  });
}
