import type { AdapterId } from '../contract/ids.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import type { Turn } from '../core/turn.ts';
import type { Held, LeaseStore } from '../store/leases.ts';
import { leaseMs, marginMs, renewIntervalMs, retryMs, takeIntervalMs } from './lease-times.ts';

/** Who works on turns in this process. */
export type Worker = {
  /** What is being worked on here. */
  inWork(): readonly Held[];
  /** Integrations through which this process can show something now. */
  adapters(): readonly AdapterId[];
  /** Another process has taken these over: nothing more may be written for them. */
  lost(turns: readonly Held[]): void;
  /** Turns that were left unended somewhere, now ours. */
  taken(turns: readonly Turn[]): Promise<void>;
};

export type LeaseOptions = {
  readonly store: LeaseStore;
  /** This process, different at every start. */
  readonly owner: string;
  /** No other process can be alive on this database: then nobody takes anything over, and there is nothing to renew. */
  readonly alone: boolean;
  /** Nobody else lives now, though others could; unset: as `alone` says. */
  readonly nobodyElse?: () => boolean;
  /** Whoever may make no calls at present leaves turns to others; unset: it always may. */
  readonly mayTake?: () => boolean;
  readonly clock: Clock;
  /** Milliseconds that pass also while the wall clock is set back; from any beginning. */
  readonly monotonicMs: () => number;
  readonly log: Logger;
};

export type Leases = {
  /** Says once who does the work; before that nothing is held. */
  attend(worker: Worker): void;
  /**
   * A turn is in work from now on, whose lease was asked for at `since` (ms since the epoch). Was that long ago (the
   * process stood still while it was being admitted or taken), nothing is written before the leases were renewed, it among
   * them.
   */
  readonly began: (since: number) => void;
  /**
   * Resolves once this process may write for its turns: at once while its leases are fresh; after a standstill (a stopped
   * process, a database that was gone) only when they were renewed and `lost` was told of those that were not. Rejects
   * when the signal aborts first.
   */
  readonly mayWrite: (signal: AbortSignal) => Promise<void>;
  /** Whether there is anybody to hand work to, or to leave it to; from memory. */
  readonly nobodyElse: () => boolean;
  /** Takes what was left unended: at the start all of it, where no other process can be at it. */
  takeOver(): Promise<void>;
  /** Takes over until the signal aborts, and renews until `release`: what ends slowly stays ours for so long. */
  keep(signal: AbortSignal): Promise<void>;
  /** Lets go of everything unfinished: others may take it at once. From now on nothing is renewed or taken any more. */
  release(): Promise<void>;
};

const idle: Worker = {
  inWork: () => [],
  adapters: () => [],
  lost: () => undefined,
  taken: async () => undefined,
};

/**
 * Decides who works on a turn when several processes share a database. Each turn carries the number of its lease; the
 * database refuses writes with an older one, and no call to a platform leaves while our leases may be over.
 */
export function createLeases(options: LeaseOptions): Leases {
  const {
    store,
    owner,
    alone,
    nobodyElse = () => alone,
    mayTake = () => true,
    clock,
    monotonicMs,
    log,
  } = options;
  const released = new AbortController();
  let worker = idle;
  let renewing: Promise<boolean> | undefined;
  /** How often leases came into doubt; a renewal that was asked for before says nothing of what began since. */
  let doubts = 0;
  let doubtful = false;
  let failing = false;
  const moment = (): { readonly wall: number; readonly monotonic: number } => ({
    wall: clock.now().getTime(),
    monotonic: monotonicMs(),
  });
  let renewedAt = moment();
  const isRecent = (passedMs: number): boolean => passedMs < leaseMs - marginMs;

  /** The longer of what both clocks say: one may be set back, the other may stand still while the machine sleeps. */
  function isFresh(): boolean {
    if (alone) return true;
    const now = moment();
    const passedMs = Math.max(now.wall - renewedAt.wall, now.monotonic - renewedAt.monotonic);
    return !doubtful && isRecent(passedMs);
  }

  async function renewAll(): Promise<void> {
    // Counted from before it was asked for; and what is admitted meanwhile is ours without being among what is renewed.
    const asked = moment();
    const before = doubts;
    const lost = await store.renew(worker.inWork(), leaseMs);
    renewedAt = asked;
    if (doubts === before) doubtful = false;
    if (lost.length > 0) worker.lost(lost);
  }

  /** One attempt, and the pause after one that failed, is shared by all who wait for it. */
  async function attempt(): Promise<boolean> {
    try {
      await renewAll();
      failing = false;
      return true;
    } catch (error) {
      if (!failing) log.warn({ error }, 'the leases could not be renewed; trying until they are');
      failing = true;
      await clock.sleep(retryMs, released.signal);
      return false;
    }
  }

  function renew(): Promise<boolean> {
    renewing ??= attempt().finally(() => (renewing = undefined));
    return renewing;
  }

  async function take(which: 'expired' | 'all'): Promise<void> {
    if (!mayTake()) return;
    const [except, adapters] = [worker.inWork(), worker.adapters()];
    const turns = await store.take({ owner, forMs: leaseMs, which, except, adapters });
    if (turns.length === 0) return;
    log.info({ turns: turns.length }, 'taking up turns that were left unended');
    await worker.taken(turns);
  }

  async function keepRenewing(): Promise<void> {
    while (!alone && !released.signal.aborted)
      if (await renew()) await clock.sleep(renewIntervalMs, released.signal);
  }

  async function keepTaking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await take('expired').catch((error: unknown) =>
        log.warn({ error }, 'turns left unended could not be looked for'),
      );
      await clock.sleep(takeIntervalMs, signal);
    }
  }

  return {
    attend(attending) {
      worker = attending;
    },
    began(since) {
      if (isRecent(clock.now().getTime() - since)) return;
      doubts += 1;
      doubtful = true;
    },
    async mayWrite(signal) {
      while (!isFresh()) {
        signal.throwIfAborted();
        await orAborted(renew(), signal);
      }
    },
    nobodyElse,
    takeOver: () => take(nobodyElse() ? 'all' : 'expired'),
    async keep(signal) {
      await Promise.all([keepRenewing(), keepTaking(signal)]);
    },
    async release() {
      worker = idle;
      released.abort();
      await store.release(owner);
    },
  };
}

/** Resolves when the work has ended or the signal aborts, whichever comes first. */
async function orAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const abort = (): void => resolve(undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
