import type { CallLimit } from '../../../src/contract/budget.ts';
import type { Capabilities } from '../../../src/contract/capabilities.ts';

/** What counts towards a chat's limit: replies and pushes together. */
export const CHAT_APIS = ['aibot_respond_msg', 'aibot_respond_welcome_msg', 'aibot_send_msg'];

/**
 * "30 条/分钟, 1000 条/小时" for each chat (path 101463). Whether each frame of a stream counts is not documented, so each
 * does.
 */
const callLimits: readonly CallLimit[] = [
  { per: 'chat', apis: CHAT_APIS, calls: 30, windowMs: 60_000 },
  { per: 'chat', apis: CHAT_APIS, calls: 1_000, windowMs: 3_600_000 },
];

/** Of 20,480 bytes (path 101031); the rest is for what stands under an answer. */
const MAX_REPLY_BYTES = 19_000;

export function botCapabilities(updates: 'live' | 'polled', updateIntervalMs: number): Capabilities {
  return {
    updates,
    updateIntervalMs,
    callLimits: updates === 'live' ? callLimits : [],
    monthlyCalls: undefined,
    maxReplyBytes: MAX_REPLY_BYTES,
    replySize: 'utf8',
    // A stream's life is shorter, but a reply goes on in a further message by itself. Replies are taken for 24 hours.
    maxReplyAgeMs: 24 * 3_600_000,
    oneConnection: updates === 'live', // a second login throws the first one out: `disconnected_event`
    buttons: false, // the documents contradict each other on a card beside a stream; ratings come as feedback events
    recallEvents: false,
    groupOwnerLookup: false,
    unsolicitedDirectMessages: false, // only where somebody has written to the bot
  };
}
