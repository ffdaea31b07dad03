import type { Place } from '../../../src/contract/inbound.ts';
import { readText } from '../../shared/json.ts';
import { adapterId, chatKey, platformId, tenantKey, topicKey } from './ids.ts';

/** `kind` is `group` unless the event says that it is a direct chat: the stricter of the two. */
export function placeOf(raw: unknown, chatId: string, kind: 'direct' | 'group', threadId?: string): Place {
  return {
    adapter: adapterId,
    platform: platformId,
    tenant: tenantKey(readText(raw, 'header', 'tenant_key') ?? ''),
    chat: chatKey(chatId),
    kind,
    ...(threadId === undefined ? {} : { topic: topicKey(threadId) }),
  };
}
