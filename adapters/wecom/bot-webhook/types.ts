import type { Address, Json, ReplyHandle, ReplyTarget } from '../../../src/contract/ids.ts';
import { readNumber, readText } from '../../shared/json.ts';
import { invalidReference } from '../api.ts';
import { address, replyHandle, replyTarget } from '../ids.ts';

// What webhook mode keeps in the opaque values it mints. Everything is plain JSON.

/** The stream WeCom asks for, and the address of the one further message. `receivedAt`: milliseconds since the epoch. */
export type WebhookTarget = {
  readonly streamId: string;
  readonly receivedAt: number;
  readonly responseUrl?: string;
};

/** `stream`: WeCom fetches it. `response`: the further message. `closed`: the end is shown. */
export type WebhookHandle =
  | (WebhookTarget & { readonly kind: 'stream'; readonly key: string })
  | (WebhookTarget & { readonly kind: 'response' })
  | { readonly kind: 'closed' };

export const mintTarget = (target: WebhookTarget): ReplyTarget => replyTarget({ ...target });
export const mintHandle = (handle: WebhookHandle): ReplyHandle => replyHandle({ ...handle });
/** The event to which a welcome is the answer. */
export const mintAddress = (msgid: string): Address => address({ msgid });

export function readTarget(target: ReplyTarget): WebhookTarget {
  return readStream(target, 'reply target');
}

export function readHandle(handle: ReplyHandle): WebhookHandle {
  const kind = readText(handle, 'kind');
  if (kind === 'closed') return { kind };
  const stream = readStream(handle, 'reply handle');
  const key = readText(handle, 'key');
  if (kind === 'response') return { kind, ...stream };
  if (kind !== 'stream' || key === undefined) throw invalidReference('reply handle');
  return { kind, key, ...stream };
}

export function readAddress(to: Address): string {
  const msgid = readText(to, 'msgid');
  if (msgid === undefined) throw invalidReference('address');
  return msgid;
}

function readStream(value: Json, what: string): WebhookTarget {
  const streamId = readText(value, 'streamId');
  const receivedAt = readNumber(value, 'receivedAt');
  const responseUrl = readText(value, 'responseUrl');
  if (streamId === undefined || receivedAt === undefined) throw invalidReference(what);
  return { streamId, receivedAt, ...(responseUrl === undefined ? {} : { responseUrl }) };
}
