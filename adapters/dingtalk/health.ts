import type { AdapterHealth } from '../../src/contract/adapter.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';

export type Health = {
  readonly current: () => AdapterHealth;
  /** One log line for each change of state; repeated failures of one kind are one state. */
  readonly set: (state: AdapterHealth['state'], detail?: string) => void;
};

type HealthOptions = {
  readonly clock: Clock;
  readonly log: Logger;
  /** What does not work at the moment although the connection itself is well. */
  readonly limitations: () => readonly string[];
};

/** `reconnects` counts how often the connection came up again after it had been up once. */
export function createHealth({ clock, log, limitations }: HealthOptions): Health {
  let health: AdapterHealth = { state: 'connecting', since: clock.now(), reconnects: 0 };
  let everUp = false;
  return {
    current() {
      const limited = health.detail === undefined ? limitations() : [];
      return limited.length === 0 ? health : { ...health, detail: limited.join('; ') };
    },
    set(state, detail) {
      if (health.state === state && health.detail === detail) return;
      const reconnects = state === 'up' && everUp ? health.reconnects + 1 : health.reconnects;
      const since = health.state === state ? health.since : clock.now();
      everUp ||= state === 'up';
      health = { state, since, reconnects, ...(detail === undefined ? {} : { detail }) };
      const fields = { state, detail, reconnects };
      if (state === 'up' || state === 'connecting') log.info(fields, 'dingtalk connection');
      else log.warn(fields, 'dingtalk connection');
    },
  };
}
