import { randomUUID } from 'node:crypto';
import { createProxyFor } from './config/proxy.ts';
import type { Config, ReadyPlan } from './config/types.ts';
import type { Adapter, AdapterDeps } from './contract/adapter.ts';
import type { CallBudget } from './contract/budget.ts';
import type { CallersOfBudget, SharedValues } from './contract/replicas.ts';
import type { Clock, Logger } from './contract/runtime.ts';
import { logWith } from './log-with.ts';
import { divided } from './replicas/divided-budget.ts';
import { guarded } from './replicas/guarded-budget.ts';
import type { Replicas } from './replicas/open-replicas.ts';
import { createCallBudget, type StoppableCallBudget } from './reply/call-budget.ts';
import { metered, type CallCounters } from './reply/metered-budget.ts';
import { electAlone } from './store/elections.ts';
import { createLocalShared } from './store/shared.ts';

export type AdapterSurroundings = {
  readonly config: Pick<Config, 'network'>;
  readonly plans: readonly ReadyPlan[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
};

/** What adapters of a running service need beside; the doctor's look and go. */
export type RunningParts = {
  readonly counters: CallCounters;
  readonly replicas: Replicas;
  readonly shared: SharedValues;
  /** No call leaves before; milliseconds since the epoch. */
  readonly notBefore: number;
};

/** Makes the configured integrations, each with what it may know of its surroundings. */
export async function createAdapters(
  { config, plans, clock, log, version }: AdapterSurroundings,
  running?: RunningParts,
): Promise<Adapter[]> {
  const shared = running?.shared ?? createLocalShared(clock);
  const deps = (platform: string): AdapterDeps => ({
    clock,
    log: logWith(log, { platform }),
    random: Math.random,
    uuid: randomUUID,
    createBudget(limits, callers = 'every') {
      if (running === undefined) return createCallBudget({ limits, clock, log });
      const { counters, replicas } = running;
      // Others that live keep to their part of what all share, and what they use is theirs.
      const inherits = (): boolean => callers === 'elected' || replicas.members.inherits();
      const memory = counters.ledger.memory(platform, inherits);
      const budget = createCallBudget({ limits, clock, log, memory });
      return inService(budget, callers, platform, running, clock);
    },
    elect: running?.replicas.leadership.elect ?? ((signal) => electAlone('', signal)),
    shared,
    proxyFor: createProxyFor(config.network),
    mediaHosts: config.network.mediaHosts,
    version,
  });
  return Promise.all(plans.map((plan) => plan.create(deps(plan.platform))));
}

function inService(
  budget: StoppableCallBudget,
  callers: CallersOfBudget,
  platform: string,
  { counters, replicas: { leases, members }, notBefore }: RunningParts,
  clock: Clock,
): CallBudget {
  const held = guarded(budget, { ...leases, clock, notBefore });
  if (callers === 'elected') return metered(held, platform, counters);
  members.share(budget);
  return metered(divided(held, members), platform, counters);
}
