import { sql } from 'kysely';
import type { SharedValues } from '../contract/replicas.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { leaseMs } from '../replicas/lease-times.ts';
import { createAuditStore, type AuditStore } from './audit.ts';
import { createBroadcastStore, type BroadcastStore } from './broadcasts.ts';
import { createCallStore, type CallStore } from './calls.ts';
import type { ElectFor } from './elections.ts';
import type { Engine } from './engine.ts';
import { createFeedbackStore, type FeedbackStore } from './feedback.ts';
import { createForgetStore, type ForgetStore } from './forget.ts';
import { createLaneStore, type LaneStore } from './lanes.ts';
import { createLeaseStore, type LeaseStore } from './leases.ts';
import { createMediaStore, type MediaStore } from './media.ts';
import { createPeopleList, type PeopleList } from './people-list.ts';
import { createPeopleStore, type PeopleStore } from './people.ts';
import { createPolicyStore, type PolicyStore } from './policy.ts';
import { purge } from './purge.ts';
import { createReplicaStore, type ReplicaStore } from './replicas.ts';
import { createScopeStore, type ScopeStore } from './scopes.ts';
import { createLocalShared, createSharedStore } from './shared.ts';
import type { Signals } from './signals.ts';
import { openSqliteEngine } from './sqlite-engine.ts';
import { createStoreHealth, type StoreHealth } from './store-health.ts';
import { countTurnedAway, type TurnedAway } from './turned-away.ts';
import { createStopWishes, type StopWishes } from './stop-wishes.ts';
import { createTurnStore, type TurnStore } from './turns.ts';
import { createUsageStore, type UsageStore } from './usage.ts';
import { createUseCounter, type UseCounter } from './use-counter.ts';
import { createWriteQueue, type WriteQueue } from './write-queue.ts';

export type { Language } from './people.ts';

export type Store = {
  readonly engine: Engine['name'];
  /** This process, as it stands in the turns it works on. */
  readonly owner: string;
  readonly turns: TurnStore;
  readonly leases: LeaseStore;
  readonly lanes: LaneStore;
  readonly stopWishes: StopWishes;
  readonly media: MediaStore;
  readonly scopes: ScopeStore;
  readonly people: PeopleStore;
  readonly knownPeople: PeopleList;
  readonly feedback: FeedbackStore;
  readonly audit: AuditStore;
  readonly calls: CallStore;
  readonly usage: UsageStore;
  readonly counter: UseCounter;
  readonly forget: ForgetStore;
  readonly policy: PolicyStore;
  readonly broadcasts: BroadcastStore;
  /** To all processes on this store. */
  readonly signals: Signals;
  /** One process of all on this store holds a name. */
  readonly elect: ElectFor;
  readonly shared: SharedValues;
  readonly replicas: ReplicaStore;
  /** What a pause since then kept from being answered. */
  turnedAway(since: number): Promise<TurnedAway>;
  /** Forgets what has outlived its retention: texts, pictures, claims. */
  purge(now: number, retentionMs: number): Promise<void>;
  /** From memory: false from the moment nothing can be written until it can again. */
  healthy(): boolean;
  sizeBytes(): number;
  close(): Promise<void>;
};

/** Where the state lies: in a file of this process, or in a PostgreSQL that several share. */
export type StorePlace =
  { readonly file: string } | { readonly url: string; readonly log: Logger; readonly uuid: () => string };

/**
 * Opens the database and brings its schema up to date. Rejects with a sentence for the operator, `NewerSchemaError` among
 * them. `owner` names this process, different from every other one on the same database and from those before it.
 */
export async function openStore(place: StorePlace, clock: Clock, owner = 'only'): Promise<Store> {
  const engine = await openEngine(place, clock);
  const onChange = (healthy: boolean, error: unknown): void => {
    if (!('log' in place)) return;
    if (healthy) place.log.info({}, 'the database is back');
    else place.log.error({ error }, 'the database is gone: nothing is taken until it is back');
  };
  const health = createStoreHealth({
    probe: (afterTrouble) => engine.probe(afterTrouble),
    always: engine.remote,
    clock,
    onChange,
  });
  return createStore(engine, health, clock, owner);
}

async function openEngine(place: StorePlace, clock: Clock): Promise<Engine> {
  if ('file' in place) return openSqliteEngine(place.file, clock);
  // Not loaded where it is not used.
  const { openPostgresEngine } = await import('./postgres.ts');
  return openPostgresEngine({ ...place, clock });
}

/** Tells of each write that failed. */
function watched(queue: WriteQueue, health: StoreHealth): WriteQueue {
  return {
    ...queue,
    write: (work) =>
      queue.write(work).catch((error: unknown) => {
        health.failed(error);
        throw error;
      }),
  };
}

function createStore(engine: Engine, health: StoreHealth, clock: Clock, owner: string): Store {
  const { db } = engine;
  const queue = watched(createWriteQueue(engine, clock), health);
  const forget = createForgetStore(db, queue, () => engine.scrub());
  const broadcasts = createBroadcastStore(db, queue);
  return {
    engine: engine.name,
    owner,
    turns: createTurnStore(db, queue, {
      owner,
      leaseUntil: () => sql<number>`${engine.databaseNow()} + ${sql.lit(leaseMs)}`,
    }),
    leases: createLeaseStore(db, queue, engine),
    lanes: createLaneStore(queue, engine),
    stopWishes: createStopWishes(db, queue),
    media: createMediaStore(db, queue),
    scopes: createScopeStore(db, queue),
    people: createPeopleStore(db, queue, engine.signals),
    knownPeople: createPeopleList(db),
    feedback: createFeedbackStore(queue),
    audit: createAuditStore(db, queue),
    calls: createCallStore(db, queue),
    usage: createUsageStore(db),
    counter: createUseCounter(db),
    forget,
    policy: createPolicyStore(db, queue),
    broadcasts,
    signals: engine.signals,
    elect: engine.elect,
    shared: engine.remote ? createSharedStore(db, queue, engine, clock) : createLocalShared(clock),
    replicas: createReplicaStore(queue, engine),
    turnedAway: (since) => countTurnedAway(db, since),
    async purge(now, retentionMs) {
      await purge(queue, now, retentionMs);
      await broadcasts.purge(now - retentionMs);
      await engine.tidy();
      await forget.scrub();
    },
    healthy: health.healthy,
    sizeBytes: () => engine.sizeBytes(),
    async close() {
      queue.stop();
      await queue.idle();
      await health.stop();
      await engine.close();
    },
  };
}
