import type { AdapterDeps } from '../../../src/contract/adapter.ts';
import { alone } from '../../fakes/alone.ts';

type Surroundings = Pick<AdapterDeps, 'clock' | 'log' | 'createBudget'> &
  Partial<Pick<AdapterDeps, 'proxyFor' | 'elect' | 'shared'>>;

/** What an adapter is given, without chance, without a proxy and without other replicas. */
export function createDeps(surroundings: Surroundings): AdapterDeps {
  return {
    random: () => 0,
    uuid: () => crypto.randomUUID(),
    proxyFor: () => undefined,
    mediaHosts: [],
    version: '0.0.0',
    ...alone(surroundings.clock),
    ...surroundings,
  };
}
