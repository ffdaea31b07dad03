import type { Clock, Logger } from '../contract/runtime.ts';
import type { Replica, ReplicaStore } from '../store/replicas.ts';
import type { Signals } from '../store/signals.ts';
import { divisionAmong, heldByEnded, mostHeldByEnded } from './division.ts';
import {
  aliveMs,
  beatIntervalMs,
  hurryMs,
  longestMemoryMs,
  marginMs,
  patienceMs,
  shortWindowMs,
  silentMs,
  undisturbedMs,
} from './member-times.ts';

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
  /**
   * Whether what other processes used of the longer windows counts as used by this one: nobody else lives, or nobody did when
   * this one came and those windows may still be open. From memory.
   */
  inherits(): boolean;
  /** How many others live, as far as was heard lately; from memory. */
  others(): number;
  /** This process may use its part now; from memory. */
  isIn(): boolean;
  /** What it waits for until it may, for operators; undefined once it may. From memory. */
  waitsFor(): string | undefined;
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
 * a little earlier; coming back it is as new. What an ended one may have used is out of reach until its windows are over
 * (`division.ts`). So the sum of all does not exceed the limits.
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
  let missing = 0;
  /** Since when somebody who came is not counted, because more is in use than would be left. */
  let crowdedSince: number | undefined;
  /** Whose end was certain when we came, if nobody else lived: they used is stored, and counted as ours. */
  let inherited: ReadonlySet<string> | undefined;
  let inheritedAt = 0;
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

  function divide(among: (windowMs: number) => number): void {
    replicasIn = among;
    for (const each of shared) each.divide(replicasIn);
  }

  const within = (): boolean => shared.every((each) => each.within());

  /**
   * Takes account of all who live; false while more is in use than that leaves. Where the part of one that has ended, or
   * has fallen silent, will be free soon, nobody stands still for a newcomer meanwhile: it is tried whether there is room,
   * and no more is used than will be this one's when that part is free.
   */
  function makeRoom(
    all: readonly Replica[],
    living: readonly string[],
    counted: readonly string[],
    now: number,
  ): boolean {
    const known = {
      before: counts.filter((name) => name !== owner),
      inherited: inherited ?? new Set<string>(),
    };
    divide(divisionAmong(all, { counts: living, ...known }));
    if (living.length === counted.length || within()) {
      crowdedSince = undefined;
      return true;
    }
    crowdedSince ??= now;
    if (now - crowdedSince >= undisturbedMs) return false;
    const silent = all.some(({ aliveForMs }) => aliveForMs > 0 && aliveForMs < aliveMs - silentMs);
    if (!silent && heldByEnded(all, undisturbedMs) === 0) return false;
    const untilNow = divisionAmong(all, { counts: counted, ...known });
    const later = divisionAmong(
      all.filter(({ aliveForMs }) => aliveForMs > 0),
      { counts: living, ...known },
    );
    divide((windowMs) => Math.max(untilNow(windowMs), later(windowMs)));
    return false;
  }

  /** Those who live and take no account of us yet. */
  const unanswered = (living: readonly Replica[]): readonly Replica[] =>
    living.filter((other) => !other.counts.includes(owner));

  function judge(all: readonly Replica[], living: readonly Replica[], asked: Moment): void {
    missing = unanswered(living).length;
    const entering = inSince === undefined;
    const tooSoon = entering && heldByEnded(all, shortWindowMs) > mostHeldByEnded;
    const ready = missing === 0 && !tooSoon;
    if (ready) waitingSince = undefined;
    else if (waitingSince === undefined) {
      waitingSince = asked.monotonic;
      log.info({ missing, longestMs: patienceMs }, 'waiting for a part of what the platforms allow');
    }
    const waitedMs = waitingSince === undefined ? 0 : asked.monotonic - waitingSince;
    const tired = waitedMs > patienceMs;
    if (tired && entering) log.warn({ missing }, 'going on without the answer of every replica');
    inSince = ready || tired ? asked : undefined;
    if (inherited === undefined && inSince !== undefined) {
      const ended = living.length > 0 ? [] : all.filter((replica) => replica.owner !== owner);
      inherited = new Set(ended.map((replica) => replica.owner));
      inheritedAt = asked.monotonic;
    }
    if (entering && inSince !== undefined) log.info({ replicas: living.length + 1 }, 'one of the replicas');
  }

  /** True when there is nothing to hurry for. */
  async function beat(): Promise<boolean> {
    const asked = moment();
    const all = await store.beat({ owner, forMs: aliveMs, counts });
    const living = all.filter((replica) => replica.owner !== owner && replica.aliveForMs > 0);
    others = living.length;
    const alive = [owner, ...living.map((replica) => replica.owner)];
    // Less is used before it is said, and more only after it was said that somebody is not counted any more.
    const agreed = counts.filter((name) => alive.includes(name));
    const settled = makeRoom(all, alive, agreed, asked.monotonic);
    const news = settled && agreed.length < alive.length;
    counts = settled ? alive : agreed;
    judge(all, living, asked);
    changed.abort();
    changed = new AbortController();
    if (news) {
      await store.beat({ owner, forMs: aliveMs, counts });
      await signals.notify(channel, owner);
    }
    return inSince !== undefined && settled;
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
    inherits: () =>
      others === 0 || ((inherited?.size ?? 0) > 0 && monotonicMs() - inheritedAt < longestMemoryMs),
    isIn,
    waitsFor() {
      if (isIn()) return undefined;
      if (missing === 0) return 'what the other replicas say, or the end of an ended one’s last calls';
      return (
        `${missing} of the other replicas to leave this one its part of what the platforms allow: ` +
        `it has just died, or used more in the last minute; ${patienceMs / 1_000} s at the most`
      );
    },
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
  inherits: () => true,
  isIn: () => true,
  waitsFor: () => undefined,
  entered: async () => undefined,
  keep: async () => undefined,
  leave: async () => undefined,
};
