import type { Json } from '../contract/ids.ts';
import type { ModelHealth, ModelOffer } from '../model/types.ts';
import type { Policy } from './policy.ts';

/** Which models people may choose. `allowed` undefined: all but the denied ones; empty: none. */
export type ModelRules = {
  readonly allowed: readonly string[] | undefined;
  readonly denied: readonly string[];
};

export const modelRulesSetting = 'models';

const everyModel: ModelRules = { allowed: undefined, denied: [] };

export function modelRulesOf({ settings }: Pick<Policy, 'settings'>): ModelRules {
  const stored = settings.get(modelRulesSetting) as Partial<ModelRules> | undefined;
  return { ...everyModel, ...stored };
}

/** As it is stored; undefined where nothing is restricted. */
export function storedModelRules({ allowed, denied }: ModelRules): Json | undefined {
  if (allowed === undefined && denied.length === 0) return undefined;
  return allowed === undefined ? { denied } : { allowed, denied };
}

export function mayChoose({ allowed, denied }: ModelRules, model: string): boolean {
  return !denied.includes(model) && (allowed?.includes(model) ?? true);
}

/** Allows these. Where all were allowed but those denied, a denial is taken back; otherwise the list of the allowed grows. */
export function allowModels({ allowed, denied }: ModelRules, models: readonly string[]): ModelRules {
  const onlyDenied = allowed === undefined && models.every((model) => denied.includes(model));
  return {
    allowed: onlyDenied ? undefined : [...new Set([...(allowed ?? []), ...models])],
    denied: denied.filter((model) => !models.includes(model)),
  };
}

export function denyModels({ allowed, denied }: ModelRules, models: readonly string[]): ModelRules {
  return {
    allowed: allowed?.filter((model) => !models.includes(model)),
    denied: [...new Set([...denied, ...models])],
  };
}

/** Everything the servers list, each model once, in the servers' order; several servers' models are as the first one says. */
export function listedModels(servers: readonly ModelHealth[]): readonly ModelOffer[] {
  const models = new Map<string, ModelOffer>();
  for (const offer of servers.flatMap(({ offers = [] }) => offers))
    if (!models.has(offer.id)) models.set(offer.id, offer);
  return [...models.values()];
}

/** True when every server has told what it lists, and none lists this. A server that is down has not withdrawn its models. */
export function isWithdrawn(model: string, servers: readonly ModelHealth[]): boolean {
  return servers.every(({ offers, description }) => {
    const usual = 'model' in description ? description.model : undefined;
    return offers !== undefined && usual !== model && offers.every(({ id }) => id !== model);
  });
}
