import type { AdapterId } from '../../src/contract/ids.ts';
import type { Inbox } from '../../src/contract/inbound.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';

/** Every call fails while the quota is used up, so administrators hear of it once in so long. */
const REPEAT_AFTER_MS = 6 * 3_600_000;

/** Tells the core that the company's calls of this month are used up; nobody is told before `open`. */
export type QuotaNotice = { readonly open: (inbox: Inbox) => void; readonly exhausted: () => void };

type QuotaNoticeOptions = {
  readonly adapter: AdapterId;
  /** The code by which the platform says so. */
  readonly evidence: string;
  readonly clock: Clock;
  readonly log: Logger;
};

/** A notice the core could not store is not repeated before its time: the log has it. */
export function createQuotaNotice({ adapter, evidence, clock, log }: QuotaNoticeOptions): QuotaNotice {
  let inbox: Inbox | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    open(opened) {
      inbox = opened;
    },
    exhausted() {
      const now = clock.now().getTime();
      if (inbox === undefined || now - toldAt < REPEAT_AFTER_MS) return;
      toldAt = now;
      inbox({ type: 'notice', adapter, code: 'quota-exceeded', evidence }).catch(() => {
        log.warn({}, `${adapter} quota notice not stored`);
      });
    },
  };
}
