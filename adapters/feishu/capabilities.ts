import type { CallLimit } from '../../src/contract/budget.ts';
import type { Capabilities } from '../../src/contract/capabilities.ts';
import type { FeishuConfig } from './config.ts';

/** Page "频控策略" (rate limits) and the pages of the APIs named; the doc's numbers, not what happens to pass. */
const callLimits: readonly CallLimit[] = [
  // "1000 次/分钟、50 次/秒": each API we use, per app and tenant.
  { per: 'api', calls: 50, windowMs: 1_000 },
  { per: 'api', calls: 1_000, windowMs: 60_000 },
  // CardKit overview: 10 operations a second on one card, whatever their kind.
  { per: 'card', calls: 10, windowMs: 1_000 },
  // im/v1/messages: 5 a second to one person or one group (shared by all bots of the group, so others may use it up).
  { per: 'chat', apis: ['message.reply', 'message.create'], calls: 5, windowMs: 1_000 },
  // PATCH im/v1/messages/:id: 5 a second for one message.
  { per: 'message', apis: ['message.patch'], calls: 5, windowMs: 1_000 },
];

/**
 * A card is limited to 30 KB of JSON (code 200860), in which the text is an escaped string. The rest is for the frame:
 * progress, buttons, footer, and the folded reasoning, which is cut first.
 */
const MAX_REPLY_BYTES = 24_000;

/** A card entity lives for 14 days (code 200750), a message can be patched as long (230031); an hour is kept back. */
const MAX_REPLY_AGE_MS = 14 * 24 * 3_600_000 - 3_600_000;

export function feishuCapabilities({ updateIntervalMs, monthlyCalls }: FeishuConfig): Capabilities {
  return {
    updates: 'live',
    updateIntervalMs,
    callLimits,
    monthlyCalls,
    maxReplyBytes: MAX_REPLY_BYTES,
    replySize: 'json',
    maxReplyAgeMs: MAX_REPLY_AGE_MS,
    oneConnection: false,
    buttons: true,
    recallEvents: true,
    groupOwnerLookup: true,
    unsolicitedDirectMessages: true,
  };
}
