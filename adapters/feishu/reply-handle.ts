import type { Address, Json, ReplyHandle, ReplyTarget } from '../../src/contract/ids.ts';
import { readText } from '../shared/json.ts';
import { invalidReference } from './api.ts';
import type { FeishuAddress, FeishuReplyHandle, FeishuReplyTarget } from './types.ts';

export type CardHandle = Extract<FeishuReplyHandle, { kind: 'card' }>;
export type UnsentHandle = Extract<FeishuReplyHandle, { kind: 'unsent' }>;
export type MessageHandle = Extract<FeishuReplyHandle, { kind: 'message' }>;

const KINDS: readonly string[] = ['card', 'message', 'unsent', 'post'];

// Only this adapter mints these values, so they are what it made them.
export function mintHandle(handle: FeishuReplyHandle): ReplyHandle {
  return handle satisfies Json as unknown as ReplyHandle;
}

/** Rejects what was stored by something else than this adapter. */
export function readHandle(handle: ReplyHandle): FeishuReplyHandle {
  const kind = readText(handle, 'kind');
  if (kind === undefined || !KINDS.includes(kind)) throw invalidReference('reply handle');
  return handle as unknown as FeishuReplyHandle;
}

export function readTarget(target: ReplyTarget): FeishuReplyTarget {
  return target as unknown as FeishuReplyTarget;
}

export function readAddress(address: Address): FeishuAddress {
  return address as unknown as FeishuAddress;
}
