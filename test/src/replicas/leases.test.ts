import { beforeEach, describe, expect, it } from 'vitest';
import { asTurn, type Turn, type TurnId } from '../../../src/core/turn.ts';
import {
  leaseMs,
  marginMs,
  renewIntervalMs,
  retryMs,
  takeIntervalMs,
} from '../../../src/replicas/lease-times.ts';
import { scopeOf } from '../../../src/core/scope.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createLeaseStage, fakeAdapterId, heldTurn, watch, type LeaseStage } from './stage.ts';

const freshMs = leaseMs - marginMs;
const never = new AbortController().signal;

let stage: LeaseStage;
beforeEach(() => {
  stage = createLeaseStage();
  stage.hold(heldTurn('one'));
});

function leftTurn(name: string): Turn {
  const message = fakeMessage();
  const scope = scopeOf(message.place, message.sender.key, 'user');
  return asTurn({ id: name as TurnId, kind: 'question', scope, message, buttonKey: name, acceptedAt: 0 });
}

describe('whether this process may write', () => {
  it('is not asked of the database while the leases are fresh', async () => {
    await stage.clock.advance(freshMs - 1);
    await stage.leases.mayWrite(never);
    expect(stage.database.renewals).toBe(0);
  });

  it('is asked once the wall clock says that they may be over', async () => {
    await stage.clock.advance(freshMs);
    await stage.leases.mayWrite(never);
    expect(stage.database.renewals).toBe(1);
  });

  it('is asked once the other clock says so, however the wall clock was set', async () => {
    stage.passMonotonically(freshMs);
    await stage.leases.mayWrite(never);
    expect(stage.database.renewals).toBe(1);
  });

  it('comes with the news of what was lost meanwhile', async () => {
    stage.hold(heldTurn('two'));
    stage.database.fences.set('one' as TurnId, 2);
    await stage.clock.advance(60_000);
    expect(stage.lost).toEqual([]);
    await stage.leases.mayWrite(never);
    expect(stage.lost).toEqual(['one']);
  });

  it('waits for a database that is gone, and goes on when it is back', async () => {
    stage.database.state = 'gone';
    await stage.clock.advance(freshMs);
    const many = Array.from({ length: 50 }, () => watch(stage.leases.mayWrite(never)));
    await stage.clock.advance(60_000);
    expect(new Set(many.map(({ state }) => state))).toEqual(new Set(['waiting']));
    // All of them share one attempt and the pause after it.
    expect(stage.database.renewals).toBeLessThanOrEqual(1 + 60_000 / retryMs);
    stage.database.state = 'there';
    await stage.clock.advance(retryMs);
    expect(new Set(many.map(({ state }) => state))).toEqual(new Set(['resolved']));
  });

  it.each(['gone', 'silent'] as const)('waits no longer than its signal, when it is %s', async (state) => {
    stage.database.state = state;
    await stage.clock.advance(freshMs);
    const stop = new AbortController();
    const waiting = watch(stage.leases.mayWrite(stop.signal));
    await stage.clock.settle();
    expect(waiting.state).toBe('waiting');
    stop.abort();
    await stage.clock.settle();
    expect(waiting.state).toBe('rejected');
  });

  it('counts a renewal from before it was asked for', async () => {
    await stage.clock.advance(freshMs);
    stage.database.duringRenewal = () => {
      stage.database.duringRenewal = () => undefined;
      stage.passMonotonically(freshMs);
    };
    await stage.leases.mayWrite(never);
    // The answer to the first came so late that it says nothing any more.
    expect(stage.database.renewals).toBe(2);
  });

  it('is no question for a process that is alone, also while nothing can be stored', async () => {
    stage = createLeaseStage({ alone: true });
    stage.database.state = 'gone';
    await stage.clock.advance(60_000);
    await stage.leases.mayWrite(never);
    expect(stage.database.renewals).toBe(0);
  });
});

describe('a turn', () => {
  it('that is admitted during a renewal is not taken for lost', async () => {
    stage.database.duringRenewal = () => void stage.inWork.set('new' as TurnId, heldTurn('new'));
    await stage.clock.advance(freshMs);
    await stage.leases.mayWrite(never);
    expect(stage.lost).toEqual([]);
  });

  it('whose admission took longer than its lease says nothing before it was asked for', async () => {
    // Another process took it over while this one stood still in the middle of the commit.
    stage.database.fences.set('late' as TurnId, 2);
    const acceptedAt = stage.clock.now().getTime();
    await stage.clock.advance(60_000);
    await stage.leases.mayWrite(never);
    stage.inWork.set('late' as TurnId, heldTurn('late'));
    stage.leases.began(acceptedAt);
    await stage.leases.mayWrite(never);
    expect(stage.lost).toEqual(['late']);
  });

  it('that comes so late during a renewal waits for the next one', async () => {
    stage.database.fences.set('late' as TurnId, 2);
    const acceptedAt = stage.clock.now().getTime();
    await stage.clock.advance(60_000);
    stage.database.duringRenewal = () => {
      stage.database.duringRenewal = () => undefined;
      stage.inWork.set('late' as TurnId, heldTurn('late'));
      stage.leases.began(acceptedAt);
    };
    await stage.leases.mayWrite(never);
    expect(stage.lost).toEqual(['late']);
  });

  it('that was just admitted needs no word of the database', async () => {
    await stage.clock.advance(renewIntervalMs);
    stage.leases.began(stage.clock.now().getTime());
    await stage.leases.mayWrite(never);
    expect(stage.database.renewals).toBe(0);
  });
});

describe('while it runs, a process', () => {
  it('renews in time, and sooner again after a failure', async () => {
    const stop = new AbortController();
    const keeping = stage.leases.keep(stop.signal);
    await stage.clock.advance(leaseMs * 4);
    expect(stage.database.renewals).toBeGreaterThanOrEqual((leaseMs * 4) / renewIntervalMs);
    stage.database.state = 'gone';
    await stage.clock.advance(renewIntervalMs);
    stage.database.state = 'there';
    const failed = stage.database.renewals;
    await stage.clock.advance(retryMs);
    expect(stage.database.renewals).toBeGreaterThan(failed);
    stop.abort();
    await stage.leases.release();
    await keeping;
  });

  it('takes up what others left, and hands it to who works', async () => {
    const stop = new AbortController();
    const keeping = stage.leases.keep(stop.signal);
    await stage.clock.settle();
    stage.database.left.push(leftTurn('left'));
    await stage.clock.advance(takeIntervalMs);
    expect(stage.taken).toEqual(['left']);
    expect(stage.database.takings.at(-1)).toMatchObject({
      owner: 'me',
      which: 'expired',
      forMs: leaseMs,
      adapters: [fakeAdapterId],
      except: [heldTurn('one')],
    });
    stop.abort();
    await stage.leases.release();
    await keeping;
  });

  it('takes up nothing while it may make no calls, and then what is still there', async () => {
    let mayCall = false;
    const waiting = createLeaseStage({ mayTake: () => mayCall });
    waiting.database.left.push(leftTurn('left'));
    await waiting.leases.takeOver();
    void waiting.leases.keep(new AbortController().signal);
    await waiting.clock.advance(10_000);
    expect(waiting.taken).toEqual([]);
    mayCall = true;
    await waiting.clock.advance(takeIntervalMs);
    expect(waiting.taken).toEqual(['left']);
  });

  it('that is to stop takes nothing more but keeps what it has until it lets go', async () => {
    const stop = new AbortController();
    const keeping = stage.leases.keep(stop.signal);
    await stage.clock.advance(renewIntervalMs);
    stop.abort();
    const before = { renewals: stage.database.renewals, takings: stage.database.takings.length };
    await stage.clock.advance(leaseMs * 2);
    expect(stage.database.renewals).toBeGreaterThan(before.renewals);
    expect(stage.database.takings).toHaveLength(before.takings);
    await stage.leases.release();
    await keeping;
    expect(stage.database.released).toEqual(['me']);
  });

  it('that has let go does not hold again what it still works on', async () => {
    await stage.leases.release();
    stage.database.fences.set('one' as TurnId, 2);
    await stage.clock.advance(freshMs);
    await stage.leases.mayWrite(never);
    expect(stage.lost).toEqual([]);
  });

  it.each([
    { alone: true, which: 'all' },
    { alone: false, which: 'expired' },
  ])('takes $which at its start, alone: $alone', async ({ alone, which }) => {
    stage = createLeaseStage({ alone });
    await stage.leases.takeOver();
    expect(stage.database.takings.map((taking) => taking.which)).toEqual([which]);
  });
});
