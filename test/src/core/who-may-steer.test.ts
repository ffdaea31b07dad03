import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toasts } from '../../../src/reply/notices/progress.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { saying } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

const closed = (count: number) => (): boolean =>
  world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length >= count;
const textOf = (index: number): string => world.adapter.replies[index]?.states.at(-1)?.markdown ?? '';

describe('what steers', () => {
  it('is nothing that a message hears of whose sender is not proven, whoever it claims to be from', async () => {
    const claimed = { from: 'root', direct: true, forgeable: true } as const;
    await world.core.inbox(fakeMessage({ ...claimed, text: '/help' }));
    await world.until(closed(1));
    expect(textOf(0)).toContain('/new');
    expect(textOf(0)).not.toContain('/status');
    await world.core.inbox(fakeMessage({ ...claimed, text: '/statsu' }));
    await world.until(closed(2));
    expect(textOf(1)).not.toContain('/status');
  });

  it('somebody else’s answer by a button is written down, tried or done; one’s own is not', async () => {
    world.model.answerWith(saying('好'));
    await world.core.inbox(fakeMessage({ from: 'alice' }));
    await world.until(closed(1));
    const retry = world.adapter.last().buttons?.find(({ kind }) => kind === 'retry')?.id ?? '';
    const press = async (from: string, kind: string): Promise<string | undefined> => {
      const { place, sender, eventKey } = fakeMessage({ from });
      const button = retry.replace('retry', kind);
      return (await world.core.inbox({ type: 'action', eventKey, place, actor: sender, button })).toast;
    };
    await press('alice', 'stop');
    for (const again of [1, 2])
      expect([again, await press('bob', 'stop')]).toEqual([again, toasts.notYours.zh]);
    await press('', 'stop');
    await press('bob', 'good');
    await press('root', 'retry');
    await world.until(closed(2));
    const rows = await world.store.audit.newest(10);
    expect(rows.map(({ person, act, allowed }) => `${person} ${act} ${allowed}`).toSorted()).toEqual([
      ' button stop false',
      'bob button stop false',
      'root button retry true',
    ]);
  });
});
