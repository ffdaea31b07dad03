import type { AdapterHealth } from '../../src/contract/adapter.ts';
import type { Clock, LogFields, Logger } from '../../src/contract/runtime.ts';

/** An adapter's health, kept while it runs. */
export type Health = {
  readonly current: () => AdapterHealth;
  /** One log line for each change of state or detail; repeated failures of one kind are one state. */
  readonly set: (state: AdapterHealth['state'], detail?: string) => void;
};

type HealthOptions = {
  readonly clock: Clock;
  readonly log: Logger;
  /** The line in the log, such as `feishu connection`. */
  readonly title: string;
  /** Fields each of these lines has as well. */
  readonly fields?: LogFields;
};

/** `reconnects` counts how often the connection came up again after it had been up once. */
export function createHealth({ clock, log, title, fields = {} }: HealthOptions): Health {
  let health: AdapterHealth = { state: 'connecting', since: clock.now(), reconnects: 0 };
  let everUp = false;
  return {
    current: () => health,
    set(state, detail) {
      if (health.state === state && health.detail === detail) return;
      const changed = health.state !== state;
      const reconnects = state === 'up' && changed && everUp ? health.reconnects + 1 : health.reconnects;
      const since = changed ? clock.now() : health.since;
      everUp ||= state === 'up';
      health = { state, since, reconnects, ...(detail === undefined ? {} : { detail }) };
      const line = { ...fields, state, detail, reconnects };
      if (state === 'up' || state === 'connecting' || state === 'standby') log.info(line, title);
      else log.warn(line, title);
    },
  };
}
