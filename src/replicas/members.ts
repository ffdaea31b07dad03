import type { Clock, Logger } from '../contract/runtime.ts';
import type { Replica, ReplicaStore } from '../store/replicas.ts';
import type { Signals } from '../store/signals.ts';
import { aliveMs, beatIntervalMs, hurryMs, longestMemoryMs, marginMs, patienceMs } from './member-times.ts';

/** What is divided among the processes that live. */
export type Divided = {
  divide(replicasIn: (windowMs: number) => number): void;
  /** No more is in use than this process may use. */
  within(): boolean;
};

export type MembersOptions = {
  readonly store: ReplicaStore;
  readonly signals: Signals;
  /** This process, different at every start. */
  readonly owner: string;
  readonly clock: Clock;
  /** Milliseconds that pass also while the wall clock is set back; from any beginning. */
  readonly monotonicMs: () => number;
  readonly log: Logger;
};

/** The processes on one database, as far as they share what platforms allow them together. */
export type Members = {
  /** Divides this, too, from now on. */
  share(divided: Divided): void;
  /** How many others live, as far as was heard lately; from memory. */
  others(): number;
  /** This process may use its part now; from memory. */
  isIn(): boolean;
  /** Resolves once it is; rejects when the signal aborts first. */
  entered(signal: AbortSignal): Promise<void>;
  /** Renews its membership until it leaves. Never rejects. */
  keep(): Promise<void>;
  /** It makes no calls any more: the others need not wait for its end. Never rejects. */
  leave(): Promise<void>;
};

const channel = 'replicas';

/**
 * Lets several processes share what a platform allows to one app: of N that live each takes one N-th. Whoever comes in is
 * counted by the others first, which they say only when they use no more than their smaller part; and until all have said
 * so, or are dead, it makes no call. Whoever was not heard of for six seconds is dead for the others, and knows itself so
 * a little earlier; coming back it is as new. What an ended one may have used counts until its windows are over. So the sum
 * of all never exceeds the limits.
 */
export function createMembers(options: MembersOptions): Members {
  const { store, signals, owner, clock, monotonicMs, log } = options;
  const shared: Divided[] = [];
  let others = 0;
  /** Of whom our use takes account. */
  let counts: readonly string[] = [owner];
  let replicasIn: (windowMs: number) => number = () => 1;
  /** When we last said that we live; undefined while somebody who lives may not take account of us. */
  let inSince: Moment | undefined;
  let waitingSince: number | undefined;
  const leaving = new AbortController();
  let keeping: Promise<void> | undefined;
  let wake = new AbortController();
  let changed = new AbortController();

  const moment = (): Moment => ({ wall: clock.now().getTime(), monotonic: monotonicMs() });

  /** The longer of what both clocks say: one may be set back, the other may stand still while the machine sleeps. */
  function isIn(): boolean {
    if (inSince === undefined) return false;
    const now = moment();
    const passedMs = Math.max(now.wall - inSince.wall, now.monotonic - inSince.monotonic);
    return passedMs < aliveMs - marginMs;
  }

  function divide(all: readonly Replica[]): void {
    replicasIn = (windowMs) => {
      const counting = -Math.min(windowMs, longestMemoryMs) - marginMs;
      return all.filter((replica) => replica.owner === owner || replica.aliveForMs > counting).length;
    };
    for (const each of shared) each.divide(replicasIn);
  }

  /** Those who live and take no account of us yet. */
  const unanswered = (others: readonly Replica[]): readonly Replica[] =>
    others.filter((other) => !other.counts.includes(owner));

  function judge(others: readonly Replica[], asked: Moment): void {
    const missing = unanswered(others);
    if (missing.length === 0) waitingSince = undefined;
    else waitingSince ??= asked.monotonic;
    const tired = waitingSince !== undefined && asked.monotonic - waitingSince > patienceMs;
    if (tired && inSince === undefined)
      log.warn({ missing: missing.length }, 'going on without the answer of every replica');
    const entering = inSince === undefined;
    inSince = missing.length === 0 || tired ? asked : undefined;
    if (entering && inSince !== undefined) log.info({ replicas: others.length + 1 }, 'one of the replicas');
  }

  /** True when there is nothing to hurry for. */
  async function beat(): Promise<boolean> {
    const asked = moment();
    const all = await store.beat({ owner, forMs: aliveMs, counts });
    const living = all.filter((replica) => replica.owner !== owner && replica.aliveForMs > 0);
    others = living.length;
    const alive = [owner, ...living.map((replica) => replica.owner)];
    // Less is used before it is said, and more only after it was said that somebody is not counted any more.
    divide(all);
    const agreed = counts.filter((name) => alive.includes(name));
    const settled = shared.every((each) => each.within());
    const news = settled && agreed.length < alive.length;
    counts = settled ? alive : agreed;
    judge(living, asked);
    changed.abort();
    changed = new AbortController();
    if (news) {
      await store.beat({ owner, forMs: aliveMs, counts });
      await signals.notify(channel, owner);
    }
    return inSince !== undefined;
  }

  async function keep(): Promise<void> {
    const { signal } = leaving;
    const stopListening = signals.listen(channel, {
      received(from) {
        if (from !== owner) wake.abort();
      },
      missed: () => wake.abort(),
    });
    while (!signal.aborted) {
      wake = new AbortController();
      const calm = await beat().catch((error: unknown) => {
        log.warn({ error }, 'the other replicas cannot be told that this one lives');
        return false;
      });
      await clock.sleep(calm ? beatIntervalMs : hurryMs, AbortSignal.any([signal, wake.signal]));
    }
    stopListening();
  }

  return {
    share(divided) {
      shared.push(divided);
      divided.divide(replicasIn);
    },
    others: () => others,
    isIn,
    async entered(signal) {
      while (!isIn()) {
        signal.throwIfAborted();
        await clock.sleep(hurryMs, AbortSignal.any([signal, changed.signal]));
      }
    },
    keep: () => (keeping ??= keep()),
    async leave() {
      leaving.abort();
      await keeping;
      inSince = undefined;
      try {
        await store.leave(owner);
        await signals.notify(channel, owner);
      } catch (error) {
        log.warn({ error }, 'the other replicas could not be told that this one ends; they will notice');
      }
    },
  };
}

type Moment = { readonly wall: number; readonly monotonic: number };

/** Where no other process can be. */
export const aloneMember: Members = {
  share: () => undefined,
  others: () => 0,
  isIn: () => true,
  entered: async () => undefined,
  keep: async () => undefined,
  leave: async () => undefined,
};
