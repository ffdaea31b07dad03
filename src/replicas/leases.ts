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
  /** Another process has taken these over, or they have ended: nothing more may be written for them. */
  lost(turns: readonly Held[]): void;
  /** Turns that were left unended somewhere, now ours. */
  taken(turns: readonly Turn[]): Promise<void>;
};

export type LeaseOptions = {
  readonly store: LeaseStore;
  /** This process, different at every start. */
  readonly owner: string;
  /** No other process can be alive on this database. */
  readonly alone: boolean;
  readonly clock: Clock;
  /** Milliseconds that pass also while the wall clock is set back; from any beginning. */
  readonly monotonicMs: () => number;
  readonly log: Logger;
};

export type Leases = {
  /** Says once who does the work; before that nothing is held. */
  attend(worker: Worker): void;
  /**
   * Resolves once this process may write for its turns: at once while its leases are fresh; after a standstill (a stopped
   * process, a database that was gone) only when they were renewed and `lost` was told of those that were not. Rejects
   * when the signal aborts first.
   */
  readonly mayWrite: (signal: AbortSignal) => Promise<void>;
  /** Takes what was left unended: at the start all of it, where no other process can be at it. */
  takeOver(): Promise<void>;
  /** Renews and takes over until the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
  /** Lets go of everything unfinished: others may take it at once. */
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
export function createLeases({ store, owner, alone, clock, monotonicMs, log }: LeaseOptions): Leases {
  let worker = idle;
  let renewing: Promise<void> | undefined;
  const moment = (): { readonly wall: number; readonly monotonic: number } => ({
    wall: clock.now().getTime(),
    monotonic: monotonicMs(),
  });
  let renewedAt = moment();

  /** The longer of what both clocks say: one may be set back, the other may stand still while the machine sleeps. */
  function isFresh(): boolean {
    const now = moment();
    const passedMs = Math.max(now.wall - renewedAt.wall, now.monotonic - renewedAt.monotonic);
    return passedMs < leaseMs - marginMs;
  }

  async function renewAll(): Promise<void> {
    // Counted from before it was asked for; and what is admitted meanwhile is ours without being among what is renewed.
    const asked = moment();
    const inWork = worker.inWork();
    const kept = new Map((await store.renew(inWork, leaseMs)).map(({ id, fence }) => [id, fence]));
    renewedAt = asked;
    const lost = inWork.filter(({ id, fence }) => kept.get(id) !== fence);
    if (lost.length > 0) worker.lost(lost);
  }

  function renew(): Promise<void> {
    renewing ??= renewAll().finally(() => (renewing = undefined));
    return renewing;
  }

  async function take(which: 'expired' | 'all'): Promise<void> {
    const [except, adapters] = [worker.inWork(), worker.adapters()];
    const turns = await store.take({ owner, forMs: leaseMs, which, except, adapters });
    if (turns.length === 0) return;
    log.info({ turns: turns.length }, 'taking up turns that were left unended');
    await worker.taken(turns);
  }

  async function trying(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      log.warn({ error }, what);
      return false;
    }
  }

  return {
    attend(attending) {
      worker = attending;
    },
    async mayWrite(signal) {
      while (!isFresh()) {
        signal.throwIfAborted();
        if (!(await trying('the leases could not be renewed', renew))) await clock.sleep(retryMs, signal);
      }
    },
    takeOver: () => take(alone ? 'all' : 'expired'),
    async keep(signal) {
      const renewals = async (): Promise<void> => {
        while (!signal.aborted) {
          const renewed = await trying('the leases could not be renewed', renew);
          await clock.sleep(renewed ? renewIntervalMs : retryMs, signal);
        }
      };
      const takeovers = async (): Promise<void> => {
        while (!signal.aborted) {
          await trying('turns left unended could not be looked for', () => take('expired'));
          await clock.sleep(takeIntervalMs, signal);
        }
      };
      await Promise.all([renewals(), takeovers()]);
    },
    release: () => store.release(owner),
  };
}
