import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../src/clock.ts';
import type { Adapter } from '../../../src/contract/adapter.ts';
import type { CallBudget, CallUrgency } from '../../../src/contract/budget.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { ReplySink } from '../../../src/contract/reply.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { createCore, type Core } from '../../../src/core/core.ts';
import type { Turn } from '../../../src/core/turn.ts';
import { openPolicy } from '../../../src/core/policy.ts';
import { guarded } from '../../../src/replicas/guarded-budget.ts';
import { createLeases, type Leases } from '../../../src/replicas/leases.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { createFakeAdapter, type FakeAdapter } from '../../fakes/adapter.ts';
import { silentLog } from '../../fakes/log.ts';
import { createFakeModel, type FakeModel } from '../../fakes/model.ts';
import { quietServices } from '../../fakes/quiet-services.ts';
import type { TestPlace } from '../store/suite/engines.ts';

/** A moment around a call to the platform: before it has an effect, or when only its answer is missing. */
export type Moment = 'before open' | 'after open' | 'before close' | 'after close';

/** One process of several: the real core on the real store, which can be stopped and woken like a process. */
export type Replica = {
  readonly core: Core;
  readonly model: FakeModel;
  readonly store: Store;
  readonly leases: Leases;
  /** What it logged as errors. */
  readonly errors: readonly string[];
  /** From now on nothing of it reaches the platform or the database, and no answer reaches it. */
  fallAsleep(): void;
  /** The same, as soon as it comes to this. */
  fallAsleepAt(moment: Moment): void;
  asleep(): boolean;
  /** So much time has passed for it meanwhile. */
  wake(afterMs: number): void;
};

export type ReplicaStage = {
  readonly platform: FakeAdapter;
  /** Every change of what is shown, with the replica that made it. */
  readonly writes: readonly string[];
  start(name: string): Promise<Replica>;
  /** The database's clock has moved on, so that every lease is over; those of `living` were renewed meanwhile. */
  endLeases(living?: readonly Replica[]): Promise<void>;
  /** What is stored, read by somebody who never sleeps: the turn of each reply, in the order of the replies. */
  stored(): Promise<readonly Turn[]>;
  anyUnfinished(): Promise<boolean>;
  stop(): Promise<void>;
};

type Gate = { passed(): Promise<void>; close(): void; open(): void; closed(): boolean };

function createGate(): Gate {
  let wait: PromiseWithResolvers<undefined> | undefined;
  return {
    async passed() {
      while (wait !== undefined) await wait.promise;
    },
    close: () => void (wait ??= Promise.withResolvers<undefined>()),
    open() {
      wait?.resolve(undefined);
      wait = undefined;
    },
    closed: () => wait !== undefined,
  };
}

/** Answers at once, or from another connection. */
const neverWaiting: ReadonlySet<string | symbol> = new Set(['healthy', 'sizeBytes', 'signals']);

/** The same store; a call waits at the gate before it leaves, and its answer before it arrives. */
function behind<Part extends object>(object: Part, gate: Gate): Part {
  return new Proxy(object, {
    get(target, name, receiver): unknown {
      const member: unknown = Reflect.get(target, name, receiver);
      if (neverWaiting.has(name)) return member;
      if (typeof member === 'object' && member !== null) return behind(member, gate);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        await gate.passed();
        const result: unknown = await Reflect.apply(member, target, given);
        await gate.passed();
        return result;
      };
    },
  });
}

type Way = { readonly budget: CallBudget; readonly reached: (moment: Moment) => void; readonly gate: Gate };

/** As every adapter does it: each call goes through the budget, and one that was aborted rejects with `AdapterError`. */
function throughBudget(platform: FakeAdapter, { budget, reached, gate }: Way, wrote: () => void): Adapter {
  async function call<Result>(
    urgency: CallUrgency,
    signal: AbortSignal,
    step: 'open' | 'close' | undefined,
    send: () => Promise<Result>,
  ): Promise<Result> {
    if (step !== undefined) reached(`before ${step}`);
    const leave = async (): Promise<Result> => {
      wrote();
      return send();
    };
    const planned = { api: step ?? 'update', urgency };
    const result = await budget.run(planned, signal, leave).catch((error: unknown) => {
      throw signal.aborted ? new AdapterError('aborted', 'aborted', { cause: error }) : error;
    });
    if (step !== undefined) reached(`after ${step}`);
    await gate.passed();
    return result;
  }
  const sink = (inner: ReplySink): ReplySink => ({
    handle: inner.handle,
    update: (latest, urgency, signal) =>
      call(urgency, signal, undefined, () => inner.update(latest, urgency, signal)),
    close: (outcome, signal) => call('final', signal, 'close', () => inner.close(outcome, signal)),
  });
  return {
    ...platform,
    openReply: async (opening, signal) =>
      sink(await call('first', signal, 'open', () => platform.openReply(opening, signal))),
    resumeReply: async (handle, signal) => sink(await platform.resumeReply(handle, signal)),
  };
}

async function startReplica(
  name: string,
  { platform, store: opened, writes }: { platform: FakeAdapter; store: Store; writes: string[] },
): Promise<Replica> {
  const gate = createGate();
  let offsetMs = 0;
  let sleepAt: Moment | undefined;
  const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + offsetMs) };
  const store = behind(opened, gate);
  const errors: string[] = [];
  const log: Logger = { ...silentLog, error: (_fields, message) => void errors.push(message) };
  const model = createFakeModel();
  const leases = createLeases({
    store: store.leases,
    owner: store.owner,
    alone: store.engine === 'sqlite',
    clock,
    monotonicMs: () => performance.now() + offsetMs,
    log: silentLog,
  });
  const open: CallBudget = {
    slowDown: () => undefined,
    async run(_call, _signal, send) {
      await gate.passed();
      return send();
    },
  };
  const reached = (moment: Moment): void => {
    if (moment === sleepAt) gate.close();
  };
  const way = { budget: guarded(open, { ...leases, clock, notBefore: 0 }), reached, gate };
  const adapter = throughBudget(platform, way, () => void writes.push(name));
  const configured = { admins: [{ platform: platform.platform, id: 'root' }], allow: undefined };
  const core = createCore({
    ...quietServices,
    adminCode: { look: () => undefined, settle: async (turn) => turn },
    adapters: new Map([[adapter.id, adapter]]),
    store,
    leases,
    policy: await openPolicy(store.policy, configured, 'user'),
    model,
    clock,
    random: Math.random,
    uuid: randomUUID,
    log,
  });
  return {
    core,
    model,
    store,
    leases,
    errors,
    fallAsleep: () => gate.close(),
    fallAsleepAt: (moment) => void (sleepAt = moment),
    asleep: () => gate.closed(),
    wake(afterMs) {
      offsetMs += afterMs;
      sleepAt = undefined;
      gate.open();
    },
  };
}

/** Replicas on one database, before one platform. With the embedded database a second one stands for a restart. */
export async function createReplicaStage(makePlace: () => Promise<TestPlace>): Promise<ReplicaStage> {
  const { place, remove } = await makePlace();
  const platform = createFakeAdapter();
  const writes: string[] = [];
  const replicas: Replica[] = [];
  const stores: Store[] = [];
  return {
    platform,
    writes,
    async start(name) {
      const [only] = stores;
      const store = 'file' in place && only !== undefined ? only : await openStore(place, systemClock, name);
      if (!stores.includes(store)) stores.push(store);
      const replica = await startReplica(name, { platform, store, writes });
      replicas.push(replica);
      return replica;
    },
    async endLeases(living = []) {
      const [store] = stores;
      if (store === undefined) return;
      let over = await store.leases.elsewhere('nobody');
      for (const { store: own } of living) {
        const ofOthers = await own.leases.elsewhere(own.owner);
        over = over.filter(({ id }) => ofOthers.some((other) => other.id === id));
      }
      await store.leases.renew(
        over.map(({ id, fence }) => ({ id, fence })),
        -1,
      );
    },
    async stored() {
      const [store] = stores;
      if (store === undefined) return [];
      const ids = new Set(platform.replies.map(({ key }) => key.replace(/-\d+$/, '')));
      const turns = await Promise.all([...ids].map((id) => store.turns.byId(id as Turn['id'])));
      return turns.filter((turn) => turn !== undefined);
    },
    anyUnfinished: async () => (await stores[0]?.turns.anyUnfinished()) ?? false,
    async stop() {
      for (const replica of replicas) replica.wake(0);
      await Promise.all(replicas.map(({ core }) => core.drain(0)));
      for (const store of stores) await store.close();
      await remove();
    },
  };
}
