import type { CallLimit } from '../../../src/contract/budget.ts';
import type { Capabilities } from '../../../src/contract/capabilities.ts';

/** UTF-8 bytes of a text or Markdown message; what is above is cut without a word (path 90236). */
export const MAX_MESSAGE_BYTES = 2_048;

const callLimits: readonly CallLimit[] = [
  // "每应用对同一个成员不可超过30次/分，1000次/小时，超过部分会被丢弃不下发": dropped in silence (path 90236).
  { per: 'chat', apis: ['message.send'], calls: 30, windowMs: 60_000 },
  { per: 'chat', apis: ['message.send'], calls: 1_000, windowMs: 3_600_000 },
  // Each API of a company: 10,000 a minute, 150,000 an hour (path 90312).
  { per: 'api', calls: 10_000, windowMs: 60_000 },
  { per: 'api', calls: 150_000, windowMs: 3_600_000 },
];

/** An edit is only looked at here, for the "still working" message; nothing leaves before the end. */
const UPDATE_INTERVAL_MS = 1_000;

export function appCapabilities(): Capabilities {
  return {
    updates: 'live', // towards the core: it says what is being done; towards WeCom nothing can be changed once sent
    updateIntervalMs: UPDATE_INTERVAL_MS,
    callLimits,
    monthlyCalls: undefined,
    maxReplyBytes: MAX_MESSAGE_BYTES,
    replySize: 'utf8',
    maxReplyAgeMs: 24 * 3_600_000,
    oneConnection: false,
    buttons: false,
    recallEvents: false,
    groupOwnerLookup: false,
    unsolicitedDirectMessages: true,
  };
}
