import type {
  AdapterId,
  Address,
  ChatKey,
  EventKey,
  Json,
  MediaRef,
  PersonKey,
  PlatformId,
  QuoteRef,
  ReplyHandle,
  ReplyTarget,
  TenantKey,
} from '../../../src/contract/ids.ts';
import { read, readList, readNumber, readText } from '../../shared/json.ts';
import type {
  DingTalkAddress,
  DingTalkMediaRef,
  DingTalkQuoteRef,
  DingTalkReplyHandle,
  DingTalkReplyTarget,
} from '../types.ts';

// The only place where DingTalk's strings become the core's opaque ids, and where they are looked into again.

export const adapterId = 'dingtalk' as AdapterId;
export const platformId = 'dingtalk' as PlatformId;

export const tenantKey = (corpId: string): TenantKey => corpId as TenantKey;
export const chatKey = (conversationId: string): ChatKey => conversationId as ChatKey;
/** `senderStaffId`, or `senderId` for people from outside the organisation: what `ADMINS` and `ALLOW` name. */
export const personKey = (id: string): PersonKey => id as PersonKey;

/**
 * `msgId` stays the same in a redelivery, unlike the frame's own id; and one message that mentions two robots has the
 * same `msgId` for both.
 */
export const messageEventKey = (robotCode: string, msgId: string): EventKey =>
  `message:${robotCode}:${msgId}` as EventKey;
export const actionEventKey = (id: string): EventKey => `action:${id}` as EventKey;

export const replyTarget = (target: DingTalkReplyTarget): ReplyTarget => target as unknown as ReplyTarget;
export const address = (to: DingTalkAddress): Address => to as unknown as Address;
export const mediaRef = (ref: DingTalkMediaRef): MediaRef => ref as unknown as MediaRef;
export const quoteRef = (ref: DingTalkQuoteRef): QuoteRef => ref as unknown as QuoteRef;
export const replyHandle = (handle: DingTalkReplyHandle): ReplyHandle =>
  handle satisfies Json as unknown as ReplyHandle;

/** Undefined when the value is not one that `replyTarget` or `address` minted. */
export function readTarget(target: ReplyTarget | Address): DingTalkReplyTarget | undefined {
  return decodeTarget(target);
}

/** Undefined when the value is not one that `replyHandle` minted. */
export function readHandle(handle: ReplyHandle): DingTalkReplyHandle | undefined {
  const kind = readText(handle, 'kind');
  if (kind === 'sent') return { kind };
  const target = decodeTarget(read(handle, 'target'));
  if (target === undefined) return undefined;
  if (kind === 'unsent') return { kind, target, key: readText(handle, 'key') ?? '' };
  const outTrackId = readText(handle, 'outTrackId');
  if (kind !== 'card' || outTrackId === undefined) return undefined;
  const carrierId = readText(handle, 'carrierId');
  return { kind, outTrackId, target, ...(carrierId === undefined ? {} : { carrierId }) };
}

/** Undefined when the value is not one that `mediaRef` minted. */
export function readMediaRef(ref: MediaRef): DingTalkMediaRef | undefined {
  return decodeMediaRef(ref);
}

/** Undefined when the value is not one that `quoteRef` minted. */
export function readQuoteRef(ref: QuoteRef): DingTalkQuoteRef | undefined {
  const author = readText(ref, 'author');
  if (author !== 'self' && author !== 'person') return undefined;
  const processQueryKey = readText(ref, 'processQueryKey');
  return {
    author,
    text: readText(ref, 'text') ?? '',
    media: readList(ref, 'media').flatMap((entry) => decodeMediaRef(entry) ?? []),
    unreadable: readList(ref, 'unreadable').filter((kind) => typeof kind === 'string'),
    ...(processQueryKey === undefined ? {} : { processQueryKey }),
  };
}

function decodeMediaRef(ref: unknown): DingTalkMediaRef | undefined {
  const downloadCode = readText(ref, 'downloadCode');
  const robotCode = readText(ref, 'robotCode');
  return downloadCode !== undefined && robotCode !== undefined ? { downloadCode, robotCode } : undefined;
}

function decodeTarget(value: unknown): DingTalkReplyTarget | undefined {
  const conversationId = readText(value, 'conversationId');
  const robotCode = readText(value, 'robotCode');
  const kind = readText(value, 'kind');
  if (conversationId === undefined || robotCode === undefined) return undefined;
  if (kind !== 'direct' && kind !== 'group') return undefined;
  const staffId = readText(value, 'staffId');
  const url = readText(value, 'session', 'url');
  const expiresAt = readNumber(value, 'session', 'expiresAt');
  return {
    conversationId,
    kind,
    robotCode,
    ...(staffId === undefined ? {} : { staffId }),
    ...(url === undefined || expiresAt === undefined ? {} : { session: { url, expiresAt } }),
  };
}
