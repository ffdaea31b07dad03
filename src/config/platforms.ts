import type { AdapterFactory, Env } from '../contract/adapter.ts';
import type { Fault } from './faults.ts';
import type { ReadyPlan } from './types.ts';

/** Asks each factory what the environment says about its platform. No platform at all is a fault that says what to set. */
export function planPlatforms(
  factories: readonly AdapterFactory[],
  values: Env,
): { readonly plans: readonly ReadyPlan[]; readonly faults: readonly Fault[] } {
  const plans: ReadyPlan[] = [];
  const faults: Fault[] = [];
  for (const factory of factories) {
    const plan = factory.plan(values);
    if (plan.state === 'faulty') faults.push(...plan.faults);
    if (plan.state === 'ready') plans.push({ ...plan, platform: factory.platform });
  }
  const [first] = factories;
  if (plans.length === 0 && faults.length === 0 && first !== undefined)
    faults.push(...firstPlatformFaults(first));
  return { plans, faults };
}

/** What may stand before the colon in `ADMINS` and `ALLOW`. */
export function platformNames(factories: readonly AdapterFactory[]): ReadonlySet<string> {
  return new Set<string>(factories.map(({ platform }) => platform));
}

// Which keys a platform cannot do without is known to its factory alone, which tells as soon as one of them is given.
function firstPlatformFaults(factory: AdapterFactory): readonly Fault[] {
  const missing = new Map<string, Fault>();
  for (const given of factory.keys) {
    const plan = factory.plan({ [given]: '?' });
    if (plan.state !== 'faulty') continue;
    for (const fault of plan.faults) {
      if (fault.key === given || missing.has(fault.key)) continue;
      missing.set(fault.key, {
        ...fault,
        expected: `${fault.expected} (no chat platform is configured yet)`,
      });
    }
  }
  return factory.keys.flatMap((key) => missing.get(key) ?? []);
}
