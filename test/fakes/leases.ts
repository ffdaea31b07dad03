import { systemClock } from '../../src/clock.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import { createLeases, type Leases } from '../../src/replicas/leases.ts';
import type { Store } from '../../src/store/store.ts';
import { silentLog } from './log.ts';

/** The leases of a process that is alone on its store. */
export function leasesOf(
  { leases, owner }: Pick<Store, 'leases' | 'owner'>,
  clock: Clock = systemClock,
): Leases {
  const monotonicMs = (): number => clock.now().getTime();
  return createLeases({ store: leases, owner, alone: true, clock, monotonicMs, log: silentLog });
}
