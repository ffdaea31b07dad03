import type { CallLimit } from '../../src/contract/budget.ts';
import type { Capabilities } from '../../src/contract/capabilities.ts';
import type { DingTalkConfig } from './config.ts';

/** The documents' numbers for the standard edition; paid editions only have more. */
export const callLimits: readonly CallLimit[] = [
  // Page "API 限流": 20 calls a second of one app to one API.
  { per: 'api', calls: 20, windowMs: 1_000 },
  // Global code `toomuch.msg`: 6,000 messages a minute of one robot.
  { per: 'app', apis: ['robot.group', 'robot.person'], calls: 6_000, windowMs: 60_000 },
  // Custom robots: 20 messages a minute into one group, then ten minutes of nothing. Whether it holds for session
  // webhooks is not documented, so it is taken to.
  { per: 'chat', apis: ['robot.session'], calls: 20, windowMs: 60_000 },
];

/**
 * The streaming page recommends at most 3 K in all; above some 3,000 characters a card was seen to be shown empty,
 * without any error. What bytes and what characters are meant is not said, so 3,000 is kept in the stricter of the two
 * senses, with room for line breaks that `render` makes longer.
 */
const MAX_CARD_BYTES = 2_700;

/** Group messages: `msgParam` of at most 15,000 bytes, in which the text is an escaped string beside a title. */
const MAX_MESSAGE_BYTES = 12_000;

/** Not documented; a card a day old is seen to still take edits. */
const MAX_REPLY_AGE_MS = 24 * 3_600_000;

/** `live`: as long as there are cards to show growing text in. Buttons come back over Stream only. */
export function dingtalkCapabilities(
  { updateIntervalMs, monthlyCalls, mode }: DingTalkConfig,
  live: boolean,
): Capabilities {
  return {
    updates: live ? 'live' : 'final-only',
    updateIntervalMs,
    callLimits,
    monthlyCalls,
    maxReplyBytes: live ? MAX_CARD_BYTES : MAX_MESSAGE_BYTES,
    replySize: live ? 'utf8' : 'json',
    maxReplyAgeMs: MAX_REPLY_AGE_MS,
    oneConnection: false,
    buttons: live && mode === 'stream',
    recallEvents: false, // robots are not told
    groupOwnerLookup: false, // no API that a robot may call tells it
    unsolicitedDirectMessages: true,
  };
}
