import type { AdapterDeps } from '../../src/contract/adapter.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import { electAlone } from '../../src/store/elections.ts';
import { createLocalShared } from '../../src/store/shared.ts';

/** What an adapter is given where there is no other replica. */
export function alone(clock: Clock): Pick<AdapterDeps, 'elect' | 'shared'> {
  return { elect: (signal) => electAlone('leader', signal), shared: createLocalShared(clock) };
}
