import type { AdapterHealth } from '../../src/contract/adapter.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';

export type Health = {
  readonly current: () => AdapterHealth;
  /** One log line for each change; repeated failures of one kind are one state. */
  readonly set: (state: AdapterHealth['state'], detail?: string) => void;
};

type HealthOptions = { readonly adapter: string; readonly clock: Clock; readonly log: Logger };

/** `reconnects` counts how often the integration came up again after it had been up once. */
export function createHealth({ adapter, clock, log }: HealthOptions): Health {
  let health: AdapterHealth = { state: 'connecting', since: clock.now(), reconnects: 0 };
  let everUp = false;
  return {
    current: () => health,
    set(state, detail) {
      if (health.state === state && health.detail === detail) return;
      const cameUp = state === 'up' && health.state !== 'up';
      const reconnects = cameUp && everUp ? health.reconnects + 1 : health.reconnects;
      const since = health.state === state ? health.since : clock.now();
      everUp ||= state === 'up';
      health = { state, since, reconnects, ...(detail === undefined ? {} : { detail }) };
      const fields = { adapter, state, detail, reconnects };
      if (state === 'up' || state === 'connecting') log.info(fields, 'wecom connection');
      else log.warn(fields, 'wecom connection');
    },
  };
}
