import type { AdapterId } from '../../../src/contract/ids.ts';
import type { Turn, TurnId } from '../../../src/core/turn.ts';
import { createLeases, type Leases } from '../../../src/replicas/leases.ts';
import type { Held, LeaseStore, Taking } from '../../../src/store/leases.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { silentLog } from '../../fakes/log.ts';

export const fakeAdapterId = 'fake' as AdapterId;
export const heldTurn = (name: string, fence = 1): Held => ({ id: name as TurnId, fence });

/** A database in memory that can be gone, hang, or give turns to others. */
export type LeaseDatabase = LeaseStore & {
  /** Numbers by turn; what stands here is how the database has it. */
  readonly fences: Map<TurnId, number>;
  /** Turns that somebody left unended. */
  readonly left: Turn[];
  state: 'there' | 'gone' | 'silent';
  /** Carried out while a renewal is under way. */
  duringRenewal: () => void;
  renewals: number;
  readonly takings: Taking[];
  readonly released: string[];
};

export function createLeaseDatabase(): LeaseDatabase {
  const answered = async (): Promise<void> => {
    if (database.state === 'silent') await new Promise(() => undefined);
    if (database.state === 'gone') throw new Error('the database is gone');
  };
  const database: LeaseDatabase = {
    fences: new Map(),
    left: [],
    state: 'there',
    duringRenewal: () => undefined,
    renewals: 0,
    takings: [],
    released: [],
    async renew(held) {
      database.renewals += 1;
      await answered();
      database.duringRenewal();
      return held.filter(({ id, fence }) => database.fences.get(id) !== fence);
    },
    async take(taking) {
      await answered();
      database.takings.push(taking);
      return database.left.splice(0);
    },
    async release(owner) {
      await answered();
      database.released.push(owner);
    },
    elsewhere: async () => [],
  };
  return database;
}

export type LeaseStage = {
  readonly leases: Leases;
  readonly database: LeaseDatabase;
  readonly clock: FakeClock;
  /** What is being worked on; may be changed. */
  readonly inWork: Map<TurnId, Held>;
  readonly lost: TurnId[];
  readonly taken: TurnId[];
  /** Moves the clock that cannot be set, and leaves the other alone. */
  passMonotonically(milliseconds: number): void;
  /** This turn is worked on from now on. */
  hold(turn: Held): void;
};

export function createLeaseStage({ alone = false, mayTake = (): boolean => true } = {}): LeaseStage {
  const database = createLeaseDatabase();
  const clock = createFakeClock();
  const inWork = new Map<TurnId, Held>();
  const lost: TurnId[] = [];
  const taken: TurnId[] = [];
  let monotonicMs = 0;
  const leases = createLeases({
    store: database,
    owner: 'me',
    alone,
    mayTake,
    clock,
    monotonicMs: () => monotonicMs,
    log: silentLog,
  });
  leases.attend({
    inWork: () => [...inWork.values()],
    adapters: () => [fakeAdapterId],
    lost: (turns) => void lost.push(...turns.map(({ id }) => id)),
    taken: async (turns) => void taken.push(...turns.map(({ id }) => id)),
  });
  return {
    leases,
    database,
    clock,
    inWork,
    lost,
    taken,
    passMonotonically: (milliseconds) => void (monotonicMs += milliseconds),
    hold(turn) {
      inWork.set(turn.id, turn);
      database.fences.set(turn.id, turn.fence);
    },
  };
}

/** Whether it has resolved or rejected by now. */
export function watch(promise: Promise<unknown>): { state: 'waiting' | 'resolved' | 'rejected' } {
  const watched: { state: 'waiting' | 'resolved' | 'rejected' } = { state: 'waiting' };
  promise.then(
    () => (watched.state = 'resolved'),
    () => (watched.state = 'rejected'),
  );
  return watched;
}
