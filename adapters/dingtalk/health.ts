import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { createHealth, type Health } from '../shared/health.ts';

type HealthOptions = {
  readonly clock: Clock;
  readonly log: Logger;
  /** What does not work at the moment although the connection itself is well; said while it is. */
  readonly limitations: () => readonly string[];
};

/** The connection's health, and what does not work at the moment for other reasons. */
export function createDingTalkHealth({ clock, log, limitations }: HealthOptions): Health {
  const connection = createHealth({ clock, log, title: 'dingtalk connection' });
  return {
    set: connection.set,
    current() {
      const health = connection.current();
      const limited = health.detail === undefined ? limitations() : [];
      return limited.length === 0 ? health : { ...health, detail: limited.join('; ') };
    },
  };
}
