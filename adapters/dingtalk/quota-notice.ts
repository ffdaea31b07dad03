import type { Inbox } from '../../src/contract/inbound.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { adapterId } from './decode/ids.ts';

/** Every call fails while the quota is used up, so administrators hear of it once in so long. */
const REPEAT_AFTER_MS = 6 * 3_600_000;

export type QuotaNotice = { readonly open: (inbox: Inbox) => void; readonly exhausted: () => void };

/** Tells the core that the organisation's calls of this month are used up (`ApiCountLimitForOrg`, 90020). */
export function createQuotaNotice({
  clock,
  log,
}: {
  readonly clock: Clock;
  readonly log: Logger;
}): QuotaNotice {
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
      inbox({
        type: 'notice',
        adapter: adapterId,
        code: 'quota-exceeded',
        evidence: 'ApiCountLimitForOrg',
      }).catch(() => {
        log.warn({}, 'dingtalk quota notice not stored');
      });
    },
  };
}
