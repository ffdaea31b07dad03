import type { ModelHealth } from '../model/types.ts';

/** Something administrators are told once. `since`: when it began; `seen`: code and evidence. */
export type Alert = { readonly server: string; readonly since: Date } & (
  | { readonly type: 'down'; readonly seen: string }
  | { readonly type: 'slow'; readonly latencyMs: number }
  | { readonly type: 'recovered'; readonly lastedMs: number }
);

export type WatchLimits = { readonly failures: number; readonly slowMs: number };

type Condition = 'well' | 'slow' | 'down';

/** Follows one server from look to look and says when something is worth telling: each change once. */
export function createServerWatch({ failures, slowMs }: WatchLimits) {
  let told: Condition = 'well';
  let toldSince: Date | undefined;
  let streak: { readonly condition: Condition; readonly since: Date; length: number } | undefined;

  function conditionOf({ state, latencyMs }: ModelHealth): Condition {
    if (state === 'down') return 'down';
    return latencyMs !== undefined && latencyMs > slowMs ? 'slow' : 'well';
  }

  function alertOf(health: ModelHealth, condition: Condition, since: Date, at: Date): Alert | undefined {
    const server = nameOf(health);
    if (condition === 'down') {
      const seen = [health.fault?.code, health.fault?.evidence].filter((part) => part !== undefined);
      return { type: 'down', server, since: health.since, seen: seen.join(', ') };
    }
    if (condition === 'slow' && told !== 'down')
      return { type: 'slow', server, since, latencyMs: health.latencyMs ?? 0 };
    const began = toldSince ?? since;
    return { type: 'recovered', server, since: began, lastedMs: at.getTime() - began.getTime() };
  }

  return {
    look(health: ModelHealth, at: Date): Alert | undefined {
      if (health.state === 'unknown') return undefined;
      const condition = conditionOf(health);
      if (streak?.condition === condition) streak.length += 1;
      else streak = { condition, since: at, length: 1 };
      // A server that answers again is back at once; everything else must be seen so often.
      const needed = told === 'down' ? 1 : failures;
      if (condition === told || streak.length < needed) return undefined;
      const alert = alertOf(health, condition, streak.since, at);
      // Back from down, it is well first; whether it is slow is seen later.
      told = told === 'down' ? 'well' : condition;
      toldSince = alert?.since;
      return alert;
    },
  };
}

function nameOf({ description }: ModelHealth): string {
  return 'model' in description ? `${description.host} (${description.model})` : description.host;
}
