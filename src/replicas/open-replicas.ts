import type { Clock, Logger } from '../contract/runtime.ts';
import { logWith } from '../log-with.ts';
import type { Store } from '../store/store.ts';
import { createLeadership, type Leadership } from './leadership.ts';
import { createLeases, type Leases } from './leases.ts';
import { aloneMember, createMembers, type Members } from './members.ts';

/** How this process and others on the same database divide the work. */
export type Replicas = {
  /** No other process can be on this store. */
  readonly alone: boolean;
  readonly leases: Leases;
  readonly members: Members;
  readonly leadership: Leadership;
};

/** Says that turns were let go, so that others need not come upon them. */
const releasedChannel = 'released';

export function openReplicas(
  store: Pick<Store, 'engine' | 'owner' | 'leases' | 'replicas' | 'signals' | 'elect'>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Replicas {
  const alone = store.engine === 'sqlite';
  const { owner, signals } = store;
  const common = { owner, clock, monotonicMs: () => performance.now() };
  const part = logWith(log, { part: 'replicas' });
  const members = alone
    ? aloneMember
    : createMembers({ ...common, store: store.replicas, signals, log: part });
  const leases = createLeases({
    ...common,
    store: store.leases,
    alone,
    nobodyElse: () => members.others() === 0,
    mayTake: () => members.isIn(),
    log: logWith(log, { part: 'leases' }),
  });
  return {
    alone,
    leases: alone ? leases : tellReleased(leases, store, part),
    members,
    leadership: createLeadership(store.elect, { clock, log: part }),
  };
}

/** Others take over at once what this process lets go of, instead of when they next look. */
function tellReleased(
  leases: Leases,
  { owner, signals }: Pick<Store, 'owner' | 'signals'>,
  log: Logger,
): Leases {
  const take = (from: string): void => {
    if (from === owner) return;
    leases
      .takeOver()
      .catch((error: unknown) => log.warn({ error }, 'turns that were let go could not be taken at once'));
  };
  // Whatever is missed is come upon within seconds.
  const stopListening = signals.listen(releasedChannel, { received: take, missed: () => undefined });
  return {
    ...leases,
    async release() {
      stopListening();
      await leases.release();
      await signals.notify(releasedChannel, owner);
    },
  };
}
