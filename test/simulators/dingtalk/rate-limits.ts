import { createSlidingWindows } from '../feishu/sliding-window.ts';
import { ForeignAnswer, oapiRefusal, refusal, type DingTalkFault } from './fault.ts';
import type { Host } from './route.ts';
import type { DingTalkRules } from './rules.ts';

/** Throws the documented refusal when a limit is reached; otherwise counts. All times are arrival times. */
export type RateLimits = {
  /** Every request of the one address there is. */
  address(arrivedMs: number): void;
  /** A call of one API; `counted` toward the month unless the API is exempt. Refused calls are not counted. */
  api(api: string, host: Host, counted: boolean, arrivedMs: number): void;
  robotMessages(count: number, arrivedMs: number): void;
  session(conversationId: string, arrivedMs: number): void;
  /** A push to the app; false when the month's quota is used up. */
  push(nowMs: number): boolean;
  usage(nowMs: number): MonthlyUse;
};

/** Calls and pushes counted in the month of the clock. */
export type MonthlyUse = { readonly month: string; readonly calls: number; readonly pushes: number };

const secondMs = 1000;
const minuteMs = 60_000;
const addressWindowMs = 20_000;
const addressBanMs = 5 * minuteMs;
const sessionBlockMs = 10 * minuteMs;

export function createRateLimits(rules: DingTalkRules): RateLimits {
  const { limits } = rules;
  const seconds = createSlidingWindows(limits.perApiPerSecond, secondMs);
  const minutes = createSlidingWindows(limits.perApiPerMinute, minuteMs);
  const addresses = createSlidingWindows(limits.perAddressPer20Seconds, addressWindowMs);
  const robot = createSlidingWindows(limits.robotMessagesPerMinute, minuteMs);
  const sessions = createSlidingWindows(limits.sessionMessagesPerMinute, minuteMs);
  const blockedUntil = new Map<string, number>();
  let bannedUntilMs = 0;
  let use = { month: '', calls: 0, pushes: 0 };

  function month(nowMs: number): typeof use {
    const current = new Date(nowMs).toISOString().slice(0, 7);
    if (use.month !== current) use = { month: current, calls: 0, pushes: 0 };
    return use;
  }

  return {
    address(arrivedMs) {
      if (arrivedMs >= bannedUntilMs && addresses.waitMs('', arrivedMs) > 0) {
        bannedUntilMs = arrivedMs + addressBanMs;
      }
      if (arrivedMs < bannedUntilMs) throw banned(rules.banBody);
      addresses.count('', arrivedMs);
    },
    api(api, host, counted, arrivedMs) {
      if (seconds.waitMs(api, arrivedMs) > 0) throw apiLimit(host, 'second');
      if (minutes.waitMs(api, arrivedMs) > 0) throw apiLimit(host, 'minute');
      const current = month(arrivedMs);
      if (counted && current.calls >= limits.callsPerMonth) throw apiLimit(host, 'month');
      if (counted) current.calls += 1;
      seconds.count(api, arrivedMs);
      minutes.count(api, arrivedMs);
    },
    robotMessages(count, arrivedMs) {
      for (let sent = 0; sent < count; sent += 1) {
        if (robot.waitMs('', arrivedMs) > 0) throw refusal('toomuch.msg', '发送消息过于频繁');
        robot.count('', arrivedMs);
      }
    },
    session(conversationId, arrivedMs) {
      if (!rules.sessionWebhookLimited) return;
      if ((blockedUntil.get(conversationId) ?? 0) > arrivedMs) throw tooFast();
      if (sessions.waitMs(conversationId, arrivedMs) > 0) {
        blockedUntil.set(conversationId, arrivedMs + sessionBlockMs);
        throw tooFast();
      }
      blockedUntil.delete(conversationId);
      sessions.count(conversationId, arrivedMs);
    },
    push(nowMs) {
      const current = month(nowMs);
      current.pushes += 1;
      return current.pushes <= limits.pushesPerMonth;
    },
    usage: (nowMs) => ({ ...month(nowMs) }),
  };
}

/** The refusal for each span, on both hosts. */
export function apiLimit(host: Host, span: 'second' | 'minute' | 'month'): DingTalkFault {
  const name = {
    second: 'QpsLimitForAppkeyAndApi',
    minute: 'QpmLimitForAppkeyAndApi',
    month: 'ApiCountLimitForOrg',
  }[span];
  const errcode = { second: 90018, minute: 90018, month: 90020 }[span];
  const message =
    span === 'month' ? '当前组织的接口调用量已超过上限' : '您的应用调用该接口的频率超过上限，请稍后再试';
  return host === 'oapi'
    ? oapiRefusal(errcode, message)
    : refusal(`Forbidden.AccessDenied.${name}`, message, 403);
}

function tooFast(): DingTalkFault {
  return oapiRefusal(410100, '发送速度太快而限流');
}

/** What the firewall in front of both hosts answers. */
export function banned(body: 'json' | 'html'): ForeignAnswer {
  const json = '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"0a1b2c3d4e5f"}';
  const html = '<!DOCTYPE html><html><head><title>405</title></head><body><h1>x5 deny</h1></body></html>';
  return body === 'json'
    ? new ForeignAnswer(403, '1111', 'application/json', json)
    : new ForeignAnswer(405, '1111', 'text/html; charset=utf-8', html);
}
