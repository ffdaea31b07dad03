import type { Admission, InboundEvent, Inbox } from '../../src/contract/inbound.ts';
import type { Clock } from '../../src/contract/runtime.ts';

/**
 * Where a decoded event goes. Resolves once it is durably admitted: only then the platform may be answered. Rejects when
 * it must not be, so that the platform delivers it again.
 */
export type Intake = {
  readonly open: () => boolean;
  readonly take: (event: InboundEvent) => Promise<Admission>;
  readonly start: (inbox: Inbox) => void;
  /** From now on nothing is taken; resolves when everything taken before is settled, or after `LAST_EVENTS_MS`. */
  readonly close: () => Promise<void>;
};

/** Storing an event takes milliseconds. */
const LAST_EVENTS_MS = 2_000;

export function createIntake(clock: Clock): Intake {
  let inbox: Inbox | undefined;
  let pending = 0;
  let settled: (() => void) | undefined;
  return {
    open: () => inbox !== undefined,
    async take(event) {
      if (inbox === undefined) throw new Error('not taking events');
      pending += 1;
      try {
        return await inbox(event);
      } finally {
        pending -= 1;
        if (pending === 0) settled?.();
      }
    },
    start(opened) {
      inbox = opened;
    },
    async close() {
      inbox = undefined;
      if (pending === 0) return;
      const waiting = new AbortController();
      settled = () => {
        waiting.abort();
      };
      await clock.sleep(LAST_EVENTS_MS, waiting.signal);
    },
  };
}
