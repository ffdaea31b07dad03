import type { Address, Json, ReplyHandle, ReplyTarget } from '../../../src/contract/ids.ts';
import { readNumber, readText } from '../../shared/json.ts';
import { invalidReference } from '../api.ts';
import { address, replyHandle, replyTarget } from '../ids.ts';

// What the long connection keeps in the opaque values it mints. Everything is plain JSON.

/** The callback that is answered, and where pushes to its chat go. */
export type BotTarget = { readonly reqId: string; readonly chatId: string };

/**
 * `stream`: a bubble that is replaced frame by frame, `openedAt` in milliseconds since the epoch. `push`: nothing is
 * shown before the end, which comes as messages of its own. `closed`: the end is shown, and nothing can be changed.
 */
export type BotHandle = StreamHandle | PushHandle | { readonly kind: 'closed' };
export type StreamHandle = BotTarget & {
  readonly kind: 'stream';
  readonly key: string;
  readonly openedAt: number;
};
export type PushHandle = { readonly kind: 'push'; readonly chatId: string };

/** A chat; `reqId` while the welcome may still be an answer to the person's coming, which was at `cameAt`. */
export type BotAddress = { readonly chatId: string; readonly reqId: string; readonly cameAt: number };

export const mintTarget = (target: BotTarget): ReplyTarget => replyTarget({ ...target });
export const mintAddress = (to: BotAddress): Address => address({ ...to });
export const mintHandle = (handle: BotHandle): ReplyHandle => replyHandle({ ...handle });

export function readTarget(target: ReplyTarget): BotTarget {
  return readChatRequest(target, 'reply target');
}

export function readAddress(to: Address): BotAddress {
  return { ...readChatRequest(to, 'address'), cameAt: readNumber(to, 'cameAt') ?? 0 };
}

export function readHandle(handle: ReplyHandle): BotHandle {
  const kind = readText(handle, 'kind');
  if (kind === 'closed') return { kind };
  const key = readText(handle, 'key');
  const chatId = readText(handle, 'chatId');
  const reqId = readText(handle, 'reqId');
  const openedAt = readNumber(handle, 'openedAt');
  if (kind === 'push' && chatId !== undefined) return { kind, chatId };
  if (kind !== 'stream' || key === undefined || chatId === undefined) throw invalidReference('reply handle');
  if (reqId === undefined || openedAt === undefined) throw invalidReference('reply handle');
  return { kind, key, chatId, reqId, openedAt };
}

function readChatRequest(value: Json, what: string): BotTarget {
  const reqId = readText(value, 'reqId');
  const chatId = readText(value, 'chatId');
  if (reqId === undefined || chatId === undefined) throw invalidReference(what);
  return { reqId, chatId };
}
