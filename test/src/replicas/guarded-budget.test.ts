import { describe, expect, it } from 'vitest';
import type { CallBudget, CallUrgency, PlannedCall } from '../../../src/contract/budget.ts';
import type { TurnId } from '../../../src/core/turn.ts';
import { uncountedMs, guarded } from '../../../src/replicas/guarded-budget.ts';
import { createLeaseStage, heldTurn, watch } from './stage.ts';

const standstillMs = 60_000;
const call = (urgency: CallUrgency): PlannedCall => ({ api: 'send', urgency });

/** Lets calls go at once, unless it is told to wait with them. */
function openBudget(): CallBudget & { hold: Promise<undefined> } {
  const budget = {
    hold: Promise.resolve(undefined),
    slowDown: () => undefined,
    async run<Result>(
      _call: PlannedCall,
      _signal: AbortSignal,
      send: () => Promise<Result>,
    ): Promise<Result> {
      await budget.hold;
      return send();
    },
  };
  return budget;
}

function createStage({ crashed = false } = {}) {
  const stage = createLeaseStage();
  const budget = openBudget();
  const left: string[] = [];
  const letGo = new AbortController();
  stage.hold(heldTurn('one'));
  const { clock } = stage;
  const notBefore = crashed ? clock.now().getTime() + uncountedMs : 0;
  const calls = guarded(budget, { ...stage.leases, clock, notBefore });
  const send = (urgency: CallUrgency = 'live', signal: AbortSignal = letGo.signal) =>
    calls.run(call(urgency), signal, async () => void left.push(urgency));
  return { ...stage, budget, left, letGo, send };
}

describe('a call to a platform', () => {
  it('leaves at once while the leases are fresh', async () => {
    const { send, left, database } = createStage();
    await send();
    expect([left, database.renewals]).toEqual([['live'], 0]);
  });

  it('never leaves for a turn that was taken over while the process stood still', async () => {
    const { send, left, letGo, leases, clock, database } = createStage();
    database.fences.set('one' as TurnId, 2);
    leases.attend({
      inWork: () => [heldTurn('one')],
      adapters: () => [],
      lost: () => letGo.abort(),
      taken: async () => undefined,
    });
    await clock.advance(standstillMs);
    await expect(send()).rejects.toThrow();
    expect(left).toEqual([]);
  });

  it('that waited for its turn in the budget is looked at when it leaves, not when it came', async () => {
    const { send, left, letGo, clock, database, budget } = createStage();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    budget.hold = promise;
    const sending = watch(send('final'));
    await clock.advance(standstillMs);
    database.duringRenewal = () => letGo.abort();
    resolve(undefined);
    await clock.settle();
    expect([sending.state, left]).toEqual(['rejected', []]);
  });

  it('leaves after a standstill when the turn is still ours', async () => {
    const { send, left, clock } = createStage();
    await clock.advance(standstillMs);
    await send('final');
    expect(left).toEqual(['final']);
  });

  it('waits after a crash for the second that nobody counted, and not when it is not wanted any more', async () => {
    const { send, left, clock } = createStage({ crashed: true });
    const stop = new AbortController();
    const [wanted, unwanted] = [watch(send()), watch(send('background', stop.signal))];
    await clock.advance(uncountedMs - 1);
    stop.abort();
    await clock.settle();
    expect([wanted.state, unwanted.state, left]).toEqual(['waiting', 'rejected', []]);
    await clock.advance(1);
    expect([wanted.state, left]).toEqual(['resolved', ['live']]);
  });

  it('that shows nothing of a turn does not wait for a database that is gone', async () => {
    const { send, left, clock, database } = createStage();
    database.state = 'gone';
    await clock.advance(standstillMs);
    await send('background');
    expect(left).toEqual(['background']);
  });
});
