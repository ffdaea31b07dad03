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
} from '../../src/contract/ids.ts';

// The only place where WeCom's strings become the core's opaque ids. They are case sensitive: never change a letter.

export const platformId = 'wecom' as PlatformId;
export const botAdapterId = 'wecom-bot' as AdapterId;
export const botWebhookAdapterId = 'wecom-bot-webhook' as AdapterId;
export const appAdapterId = 'wecom-app' as AdapterId;

/** The company (app) or the bot, which belongs to one company. */
export const tenantKey = (id: string): TenantKey => id as TenantKey;
/** A group's chatid; of a direct chat, which has no id, the person's userid. */
export const chatKey = (id: string): ChatKey => id as ChatKey;
/** `userid`: what `ADMINS` and `ALLOW` name. */
export const personKey = (userId: string): PersonKey => userId as PersonKey;
export const eventKey = (kind: string, id: string): EventKey => `${kind}:${id}` as EventKey;

export const replyTarget = (target: Json): ReplyTarget => target as ReplyTarget;
export const replyHandle = (handle: Json): ReplyHandle => handle as ReplyHandle;
export const address = (to: Json): Address => to as Address;
export const mediaRef = (ref: Json): MediaRef => ref as MediaRef;
export const quoteRef = (ref: Json): QuoteRef => ref as QuoteRef;
