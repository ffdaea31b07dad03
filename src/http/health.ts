import type { AdapterHealth } from '../contract/adapter.ts';
import type { Json } from '../contract/ids.ts';
import type { ModelHealth } from '../model/types.ts';

/** What the health pages ask; every member answers from memory. */
export type HealthSources = {
  readonly store: () => 'up' | 'down';
  /** Which database the store is. */
  readonly engine: 'sqlite' | 'postgres';
  readonly platforms: () => readonly { readonly id: string; readonly health: AdapterHealth }[];
  readonly models: () => readonly ModelHealth[];
  /** What the start waits for, in words; nothing is taken before. Undefined once it has started. */
  readonly waitsFor: () => string | undefined;
  /** True from the moment the service was asked to stop. */
  readonly stopping: () => boolean;
};

/**
 * Ready means: started, and the store and at least one platform are up, or would be if another replica did not hold its
 * only connection. A model server that is down does not count, for people then still get an honest sentence.
 */
export function isReady({ store, platforms, waitsFor, stopping }: HealthSources): boolean {
  return (
    !stopping() &&
    waitsFor() === undefined &&
    store() === 'up' &&
    platforms().some(({ health: { state } }) => state === 'up' || state === 'standby')
  );
}

/** Each part's state, for operators only: it names hosts and models. */
export function readinessDetails(sources: HealthSources): Json {
  return {
    ready: isReady(sources),
    waitsFor: sources.waitsFor() ?? null,
    stopping: sources.stopping(),
    store: { state: sources.store(), engine: sources.engine },
    platforms: sources.platforms().map(({ id, health }) => ({
      id,
      state: health.state,
      since: health.since.toISOString(),
      reconnects: health.reconnects,
      detail: health.detail ?? null,
    })),
    models: sources.models().map(({ description, state, since, fault, latencyMs }) => ({
      host: description.host,
      model: 'model' in description ? description.model : null,
      state,
      since: since.toISOString(),
      fault: fault?.code ?? null,
      latencyMs: latencyMs ?? null,
    })),
  };
}
