import { createSlidingWindows, type SlidingWindows } from '../feishu/sliding-window.ts';
import { WeComFault } from './fault.ts';
import type { WeComRules } from './rules.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** The frequency limits. Those that refuse throw, and refused calls do not count; the silent one tells. */
export type Quotas = {
  /** Replies and pushes of the bot into one chat. */
  chat(chatId: string, nowMs: number): void;
  /** Uploads over the long connection. */
  upload(nowMs: number): void;
  /** One API of the corporation. */
  api(api: string, nowMs: number): void;
  tokenRequest(nowMs: number): void;
  /** Person-sends of the app in a day. */
  personSends(count: number, nowMs: number): void;
  /** Whether one more message reaches this member; false is the silent drop. */
  member(userId: string, nowMs: number): boolean;
};

export function createQuotas(rules: WeComRules): Quotas {
  const { limits } = rules;
  const chats = windows(limits.perChatPerMinute, limits.perChatPerHour);
  const uploads = windows(limits.uploadsPerMinute, limits.uploadsPerHour);
  const apis = windows(limits.apiPerMinute, limits.apiPerHour);
  const members = windows(limits.perMemberPerMinute, limits.perMemberPerHour);
  const tokens = windows(limits.tokensPerMinute, Infinity);
  let sends = { day: 0, count: 0 };

  const orRefuse = (admitted: boolean, code: number): void => {
    if (!admitted) throw new WeComFault(code, 'api freq out of limit');
  };

  return {
    chat: (chatId, nowMs) => orRefuse(chats.admit(chatId, nowMs), rules.throttledCode),
    upload: (nowMs) => orRefuse(uploads.admit('', nowMs), 45009),
    api: (api, nowMs) => orRefuse(apis.admit(api, nowMs), 45009),
    tokenRequest: (nowMs) => orRefuse(tokens.admit('', nowMs), 45009),
    personSends(count, nowMs) {
      const day = Math.floor(nowMs / dayMs);
      if (sends.day !== day) sends = { day, count: 0 };
      orRefuse(sends.count + count <= limits.personSendsPerDay, 45009);
      sends.count += count;
    },
    member: (userId, nowMs) => members.admit(userId, nowMs),
  };
}

function windows(
  perMinute: number,
  perHour: number,
): { readonly admit: (key: string, nowMs: number) => boolean } {
  const both: readonly SlidingWindows[] = [
    createSlidingWindows(perMinute, minuteMs),
    createSlidingWindows(perHour, hourMs),
  ];
  return {
    admit(key, nowMs) {
      if (both.some((window) => window.waitMs(key, nowMs) > 0)) return false;
      for (const window of both) window.count(key, nowMs);
      return true;
    },
  };
}
