import type {
  AdapterId,
  Address,
  ChatKey,
  EventKey,
  MediaRef,
  PersonKey,
  PlatformId,
  QuoteRef,
  ReplyTarget,
  TenantKey,
  TopicKey,
} from '../../../src/contract/ids.ts';
import { readText } from '../../shared/json.ts';
import type { FeishuAddress, FeishuMediaRef, FeishuQuoteRef, FeishuReplyTarget } from '../types.ts';

// The only place where Feishu's strings become the core's opaque ids, and where they are looked into again.

export const adapterId = 'feishu' as AdapterId;
export const platformId = 'feishu' as PlatformId;

export const tenantKey = (tenant: string): TenantKey => tenant as TenantKey;
export const chatKey = (chatId: string): ChatKey => chatId as ChatKey;
/** `open_id`: what `ADMINS` and `ALLOW` name. It differs from app to app, and ours is one app. */
export const personKey = (openId: string): PersonKey => openId as PersonKey;
export const topicKey = (threadId: string): TopicKey => threadId as TopicKey;

/**
 * The message id, not `header.event_id`: Feishu's own advice for messages, since one message may be pushed under
 * several event ids.
 */
export const messageEventKey = (messageId: string): EventKey => `message:${messageId}` as EventKey;
export const eventKey = (kind: string, id: string): EventKey => `${kind}:${id}` as EventKey;

export const replyTarget = (target: FeishuReplyTarget): ReplyTarget => target as unknown as ReplyTarget;
export const address = (to: FeishuAddress): Address => to as unknown as Address;
export const mediaRef = (ref: FeishuMediaRef): MediaRef => ref as unknown as MediaRef;
export const quoteRef = (ref: FeishuQuoteRef): QuoteRef => ref as unknown as QuoteRef;

/** Undefined when the value is not one that `mediaRef` minted. */
export function readMediaRef(ref: MediaRef): FeishuMediaRef | undefined {
  const messageId = readText(ref, 'messageId');
  const imageKey = readText(ref, 'imageKey');
  return messageId !== undefined && imageKey !== undefined ? { messageId, imageKey } : undefined;
}

/** Undefined when the value is not one that `quoteRef` minted. */
export function readQuoteRef(ref: QuoteRef): FeishuQuoteRef | undefined {
  const messageId = readText(ref, 'messageId');
  return messageId === undefined ? undefined : { messageId };
}
