import { describe, expect, it } from 'vitest';
import type { AdapterId } from '../../../src/contract/ids.ts';
import type { Logger } from '../../../src/contract/runtime.ts';
import { scopeOf } from '../../../src/core/scope.ts';
import { asTurn, type StopWish, type Turn, type TurnId } from '../../../src/core/turn.ts';
import { createElsewhere, type Elsewhere } from '../../../src/replicas/elsewhere.ts';
import { createLocalSignals, type Signals } from '../../../src/store/signals.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { silentLog } from '../../fakes/log.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

function turnOf(name: string): Turn {
  const message = fakeMessage({ from: name });
  const scope = scopeOf(message.place, message.sender.key, 'user');
  return asTurn({ id: name as TurnId, kind: 'question', scope, message, buttonKey: name, acceptedAt: 0 });
}

/** What all processes see: who works on what, and which of it is to be stopped. */
type Shared = {
  readonly signals: Signals;
  readonly held: Map<Turn, string>;
  readonly wishes: Map<TurnId, StopWish>;
  /** In the order in which it happened. */
  readonly steps: string[];
};

function createShared(): Shared {
  const signals = createLocalSignals();
  const steps: string[] = [];
  const notify: Signals['notify'] = (channel, payload) => {
    steps.push('told');
    return signals.notify(channel, payload);
  };
  return { signals: { ...signals, notify }, held: new Map(), wishes: new Map(), steps };
}

type Process = { readonly elsewhere: Elsewhere; readonly stopped: string[]; readonly warnings: string[] };

function processOn(
  { signals, held, wishes, steps }: Shared,
  owner: string,
  engine: 'sqlite' | 'postgres' = 'postgres',
): Process {
  const stopped: string[] = [];
  const warnings: string[] = [];
  const log: Logger = { ...silentLog, warn: (_fields, message) => void warnings.push(message) };
  const ownedBy = (mine: boolean): Turn[] =>
    [...held].filter(([, by]) => (by === owner) === mine).map(([turn]) => turn);
  const elsewhere = createElsewhere(
    {
      engine,
      owner,
      signals,
      leases: {
        elsewhere: async () => ownedBy(false),
        renew: async () => [],
        take: async () => [],
        release: async () => undefined,
      },
      stopWishes: {
        async make(ids, wish) {
          steps.push('stored');
          for (const id of ids) wishes.set(id, wish);
        },
        of: async (id) => wishes.get(id),
        ofOwner: async () =>
          ownedBy(true).flatMap(({ id }) => {
            const wish = wishes.get(id);
            return wish === undefined ? [] : [{ id, wish }];
          }),
      },
    },
    log,
  );
  elsewhere.listen({ stop: (id, reason) => stopped.push(`${id} ${reason}`) > 0 });
  return { elsewhere, stopped, warnings };
}

describe('what other processes are working on', () => {
  it('is nothing where there are none', async () => {
    const shared = createShared();
    shared.held.set(turnOf('theirs'), 'before');
    const { elsewhere } = processOn(shared, 'only', 'sqlite');
    expect(await elsewhere.list()).toEqual([]);
    expect(await elsewhere.stop(() => true, 'stopped')).toBe(0);
    expect(shared.steps).toEqual([]);
  });

  it('is stopped by those who work on it, if it is meant, with the reason that was given', async () => {
    const shared = createShared();
    const [a, b] = [processOn(shared, 'a'), processOn(shared, 'b')];
    for (const name of ['alice', 'bob']) shared.held.set(turnOf(name), 'b');
    shared.held.set(turnOf('mine'), 'a');
    expect((await a.elsewhere.list()).map(({ id }) => id)).toEqual(['alice', 'bob']);
    const adapter = 'fake' as AdapterId;
    const which = ({ id, message }: Turn): boolean => id !== 'bob' && message.place.adapter === adapter;
    expect(await a.elsewhere.stop(which, 'stopped-by-administrator')).toBe(1);
    await settled();
    expect(b.stopped).toEqual(['alice stopped-by-administrator']);
    // Stored before it is told: whoever takes it up in between finds the wish, and whoever has it hears the signal.
    expect([shared.steps, [...shared.wishes]]).toEqual([
      ['stored', 'told'],
      [['alice', 'stopped-by-administrator']],
    ]);
  });

  it('is told in several signals where it is more than one can hold', async () => {
    const shared = createShared();
    const [a, b] = [processOn(shared, 'a'), processOn(shared, 'b')];
    const names = Array.from({ length: 1_000 }, (_, index) => `turn-${String(index).padStart(11, '0')}`);
    for (const name of names) shared.held.set(turnOf(name), 'b');
    expect(await a.elsewhere.stop(() => true, 'stopped')).toBe(names.length);
    await settled();
    expect(b.stopped).toEqual(names.map((name) => `${name} stopped`));
  });

  it('is looked up when signals may have been missed', async () => {
    const shared = createShared();
    for (const name of ['wished', 'other']) shared.held.set(turnOf(name), 'a');
    shared.held.set(turnOf('theirs'), 'b');
    for (const id of ['wished', 'theirs']) shared.wishes.set(id as TurnId, 'stopped');
    const missing: (() => void)[] = [];
    const listen: Signals['listen'] = (_channel, { missed }) => {
      missing.push(missed);
      return () => undefined;
    };
    const { stopped, warnings } = processOn({ ...shared, signals: { ...shared.signals, listen } }, 'a');
    for (const missed of missing) missed();
    await settled();
    expect([stopped, warnings]).toEqual([['wished stopped'], []]);
  });

  it.each(['', 'no JSON', '{}', '{"ids":["x"],"reason":"gone"}', '{"ids":"x","reason":"stopped"}'])(
    'is not touched by a signal that cannot be read: %s',
    async (payload) => {
      const shared = createShared();
      const { stopped, warnings } = processOn(shared, 'a');
      await shared.signals.notify('stop', payload);
      await settled();
      expect([stopped, warnings]).toEqual([[], ['a signal of another process cannot be read']]);
    },
  );

  it('is no longer heard of once nobody listens', async () => {
    const shared = createShared();
    const { elsewhere } = processOn(shared, 'a');
    const late: string[] = [];
    const stop = elsewhere.listen({ stop: (id) => late.push(id) > 0 });
    stop();
    await shared.signals.notify('stop', JSON.stringify({ ids: ['x'], reason: 'stopped' }));
    await settled();
    expect(late).toEqual([]);
  });
});
