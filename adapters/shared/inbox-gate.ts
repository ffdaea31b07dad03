import type { Inbox } from '../../src/contract/inbound.ts';
import type { Clock } from '../../src/contract/runtime.ts';

/** The way into the core's inbox: closed until `open`, and again from `close` on. */
export type InboxGate = {
  readonly isOpen: () => boolean;
  readonly open: (inbox: Inbox) => void;
  /** Runs `work` with the inbox. Rejects when the gate is closed, and with what `work` rejects with. */
  readonly enter: <Result>(work: (take: Inbox) => Promise<Result>) => Promise<Result>;
  /** From now on nothing is taken; resolves when everything taken before is settled, or after `LAST_EVENTS_MS`. */
  readonly close: () => Promise<void>;
};

/** Storing an event takes milliseconds. */
const LAST_EVENTS_MS = 2_000;

export function createInboxGate(clock: Clock): InboxGate {
  let inbox: Inbox | undefined;
  let pending = 0;
  let settled: (() => void) | undefined;
  return {
    isOpen: () => inbox !== undefined,
    open(opened) {
      inbox = opened;
    },
    async enter(work) {
      if (inbox === undefined) throw new Error('not taking events');
      pending += 1;
      try {
        return await work(inbox);
      } finally {
        pending -= 1;
        if (pending === 0) settled?.();
      }
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
