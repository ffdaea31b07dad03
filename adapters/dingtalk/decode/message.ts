import type { InboundMessage, Place } from '../../../src/contract/inbound.ts';
import { read, readList, readNumber, readText } from '../../shared/json.ts';
import type { DingTalkReplyTarget } from '../types.ts';
import { readBody } from './body.ts';
import { malformed, type DecodeContext, type Decoded } from './decoded.ts';
import {
  adapterId,
  chatKey,
  mediaRef,
  messageEventKey,
  personKey,
  platformId,
  quoteRef,
  replyTarget,
  tenantKey,
} from './ids.ts';
import { readQuote } from './quoted.ts';
import { readPlatformTime } from './time.ts';

/** "The organisation's pushes of this month are used up": such a message comes without its content. */
const PUSH_QUOTA_CODES: ReadonlySet<string> = new Set(['20001']);

/** A robot message, as both modes carry it. Pure, and never throws, whatever it is given. */
export function decodeMessage(raw: unknown, context: DecodeContext): Decoded {
  const fault = numberOrText(raw, 'errorCode') ?? numberOrText(raw, 'errCode');
  if (fault !== undefined && PUSH_QUOTA_CODES.has(fault)) {
    return {
      event: { type: 'notice', adapter: adapterId, code: 'pushes-exceeded', evidence: `push ${fault}` },
    };
  }
  const msgId = readText(raw, 'msgId');
  const conversationId = readText(raw, 'conversationId');
  const staffId = readText(raw, 'senderStaffId');
  const senderId = staffId ?? readText(raw, 'senderId');
  if (msgId === undefined) return malformed('msgId');
  if (conversationId === undefined) return malformed('conversationId');
  if (senderId === undefined) return malformed('sender');
  const self = readText(raw, 'chatbotUserId');
  if (self !== undefined && readText(raw, 'senderId') === self) return { ignored: 'sent by this bot' };
  return { event: toMessage(raw, { msgId, conversationId, senderId, staffId }, context) };
}

type Parts = {
  readonly msgId: string;
  readonly conversationId: string;
  readonly senderId: string;
  readonly staffId: string | undefined;
};

function toMessage(raw: unknown, parts: Parts, context: DecodeContext): InboundMessage {
  const { msgId, conversationId, senderId, staffId } = parts;
  const robotCode = readText(raw, 'robotCode') ?? context.clientId;
  // Ids of direct chats look like those of groups; without the field it is taken for a group, the stricter of the two.
  const kind = numberOrText(raw, 'conversationType') === '1' ? 'direct' : 'group';
  const body = readBody(raw, kind);
  const quote = readQuote(raw, robotCode);
  const name = readText(raw, 'senderNick');
  const session = sessionOf(raw, context);
  const target: DingTalkReplyTarget = {
    conversationId,
    kind,
    robotCode,
    ...(staffId === undefined ? {} : { staffId }),
    ...(session === undefined ? {} : { session }),
  };
  return {
    type: 'message',
    eventKey: messageEventKey(robotCode, msgId),
    place: placeOf(raw, conversationId, kind),
    sender: { key: personKey(senderId), ...(name === undefined ? {} : { name }) },
    addressed: kind === 'direct' || isMentioned(raw),
    ...(context.forgeable ? { forgeable: true } : {}),
    text: body.text,
    media: body.downloadCodes.map((downloadCode) => mediaRef({ downloadCode, robotCode })),
    unreadable: body.unreadable,
    ...(quote === undefined ? {} : { quote: quoteRef(quote) }),
    sentAt: readPlatformTime(read(raw, 'createAt')) ?? context.receivedAt,
    replyTarget: replyTarget(target),
  };
}

function placeOf(raw: unknown, conversationId: string, kind: Place['kind']): Place {
  return {
    adapter: adapterId,
    platform: platformId,
    // The robot's organisation, not the sender's: people of other organisations are guests in its chats.
    tenant: tenantKey(readText(raw, 'chatbotCorpId') ?? ''),
    chat: chatKey(conversationId),
    kind,
  };
}

/** A robot in a group is only sent what mentions it, so silence means yes. */
function isMentioned(raw: unknown): boolean {
  const self = readText(raw, 'chatbotUserId');
  const listed = readList(raw, 'atUsers').some((user) => readText(user, 'dingtalkId') === self);
  return (self !== undefined && listed) || read(raw, 'isInAtList') !== false;
}

function sessionOf(raw: unknown, { allowsSession }: DecodeContext): DingTalkReplyTarget['session'] {
  const url = readText(raw, 'sessionWebhook');
  const expires = readPlatformTime(read(raw, 'sessionWebhookExpiredTime'));
  if (url === undefined || expires === undefined || !allowsSession(url)) return undefined;
  return { url, expiresAt: expires.getTime() };
}

function numberOrText(raw: unknown, key: string): string | undefined {
  const number = readNumber(raw, key);
  return number === undefined ? readText(raw, key) : `${number}`;
}
