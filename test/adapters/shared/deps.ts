import type { AdapterDeps } from '../../../src/contract/adapter.ts';

type Surroundings = Pick<AdapterDeps, 'clock' | 'log' | 'createBudget'> &
  Partial<Pick<AdapterDeps, 'proxyFor'>>;

/** What an adapter is given, without chance and without a proxy. */
export function createDeps(surroundings: Surroundings): AdapterDeps {
  return {
    random: () => 0,
    uuid: () => crypto.randomUUID(),
    proxyFor: () => undefined,
    mediaHosts: [],
    version: '0.0.0',
    ...surroundings,
  };
}
