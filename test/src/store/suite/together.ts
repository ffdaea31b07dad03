import { expect, it } from 'vitest';
import type { Store } from '../../../../src/store/store.ts';
import type { StoreStage } from './stage.ts';

const never = new AbortController().signal;
const livesMs = 60_000;

/** Beats of two processes, which share a database on one engine only: the rest holds on both. */
async function beatOf({ replicas }: Store, owner: string, counts: readonly string[], forMs = livesMs) {
  return replicas.beat({ owner, forMs, counts });
}

/** What processes on one database need of each other. */
export function togetherBehaviours({ store }: StoreStage): void {
  it('keeps shared values until their time is over, and refuses what is too large', async () => {
    const { shared } = store();
    await shared.put('fake:a', { text: '你好', list: [1, null] }, 60_000);
    await shared.put('fake:gone', 1, -1);
    expect(await shared.get('fake:a')).toEqual({ text: '你好', list: [1, null] });
    expect(await shared.get('fake:gone')).toBeUndefined();
    await shared.put('fake:a', 'later', 60_000);
    expect(await shared.get('fake:a')).toBe('later');
    await expect(shared.put('fake:b', '字'.repeat(30_000), 60_000)).rejects.toThrow(RangeError);
    await expect(shared.put('k'.repeat(201), 1, 60_000)).rejects.toThrow(RangeError);
    expect(await shared.get('fake:b')).toBeUndefined();
  });

  it('knows which processes live, and drops from what is counted who does not', async () => {
    expect(await beatOf(store(), 'a', ['a'])).toMatchObject([{ owner: 'a', counts: ['a'] }]);
    const seenByB = await beatOf(store(), 'b', ['b', 'a']);
    expect(seenByB.map(({ owner }) => owner).sort()).toEqual(['a', 'b']);
    expect(seenByB.find(({ owner }) => owner === 'a')?.aliveForMs).toBeGreaterThan(livesMs / 2);
    await store().replicas.leave('a');
    const after = await beatOf(store(), 'b', ['b', 'a']);
    expect(after.find(({ owner }) => owner === 'a')?.aliveForMs).toBeLessThanOrEqual(0);
    expect(after.find(({ owner }) => owner === 'b')?.counts).toEqual(['b']);
    // Whoever comes back finds out in the same commit.
    const back = await beatOf(store(), 'a', ['a', 'b']);
    expect(back.find(({ owner }) => owner === 'b')?.counts).toEqual(['b']);
  });

  it('elects one, and says nothing more to whoever does not wait for it', async () => {
    const election = await store().elect('office', never);
    expect([election.lost.aborted, await election.holds()]).toEqual([false, true]);
    await election.resign();
    await election.resign();
    const again = await store().elect('office', never);
    expect(await again.holds()).toBe(true);
    await again.resign();
    const reason = new Error('no longer wanted');
    await expect(store().elect('office', AbortSignal.abort(reason))).rejects.toBe(reason);
  });
}
