import { createIds as createPlainIds } from '../feishu/ids.ts';

/** Mints identifiers in the shapes DingTalk uses. Every id is new; the same seed gives the same ids. */
export type Ids = {
  hex(length: number): string;
  uuid(): string;
  /** `cid…==`, for groups and direct chats alike. */
  conversationId(): string;
  /** `msg…==`. */
  msgId(): string;
  /** `212b9d7c_165f_19bfa1a500a_1461def`: new for every frame. */
  frameId(): string;
  /** `$:LWCP_v1:$…`. */
  dingtalkId(): string;
  /** `ding` and lower-case letters and digits. */
  dingId(): string;
  /** Long and opaque, with the characters of base64. */
  downloadCode(): string;
  processQueryKey(): string;
  requestId(): string;
  unionId(): string;
  /** Digits, as most organisations have. */
  staffId(): string;
};

export function createIds(random: () => number): Ids {
  const { hex, uuid } = createPlainIds(random);
  const base64 = (bytes: number): string =>
    Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256))).toString('base64');
  return {
    hex,
    uuid,
    conversationId: () => `cid${base64(16)}`,
    msgId: () => `msg${base64(16)}`,
    frameId: () => `${hex(8)}_${hex(4)}_${hex(11)}_${hex(7)}`,
    dingtalkId: () => `$:LWCP_v1:$${base64(24)}`,
    dingId: () => `ding${hex(20)}`,
    downloadCode: () => base64(96),
    processQueryKey: () => base64(32),
    requestId: () => uuid().toUpperCase(),
    unionId: () => `${base64(15).replaceAll(/[+/=]/g, 'x')}iEiE`,
    staffId: () => String(Math.floor(random() * 9e13) + 1e13),
  };
}
