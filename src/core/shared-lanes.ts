import type { Clock, Logger } from '../contract/runtime.ts';
import type { Leases } from '../replicas/leases.ts';
import type { Store } from '../store/store.ts';
import type { Turn } from './turn.ts';

/** How soon it is looked again whether a question of another process has come to its end. */
const lookAgainMs = 500;

export type SharedLanes = {
  /**
   * Resolves once no other process answers in this lane, or has an older question waiting in it; or when the signal
   * aborts. `onMoved` hears how many come first. At once where there is no other process.
   */
  enter(turn: Turn, signal: AbortSignal, onMoved: (ahead: number) => void): Promise<void>;
};

export type SharedLaneServices = {
  readonly store: Pick<Store, 'lanes' | 'owner'>;
  readonly leases: Pick<Leases, 'nobodyElse'>;
  readonly clock: Clock;
  readonly log: Logger;
};

/** One conversation, one question at a time, also where its messages reach different processes. */
export function createSharedLanes({ store, leases, clock, log }: SharedLaneServices): SharedLanes {
  async function ahead(turn: Turn): Promise<number> {
    try {
      return await store.lanes.enter(turn, store.owner);
    } catch (error) {
      // The order is a courtesy; an answer out of turn is better than none.
      log.warn({ error }, 'it could not be asked what others answer in this conversation');
      return 0;
    }
  }
  return {
    async enter(turn, signal, onMoved) {
      while (!leases.nobodyElse() && !signal.aborted) {
        const first = await ahead(turn);
        if (first === 0) return;
        onMoved(first);
        await clock.sleep(lookAgainMs, signal);
      }
    },
  };
}
