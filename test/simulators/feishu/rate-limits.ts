import { FeishuFault } from './fault.ts';
import type { FeishuRules } from './rules.ts';
import { createSlidingWindows } from './sliding-window.ts';

/** Throws the documented refusal when a limit is reached; otherwise counts the call. All times are arrival times. */
export type RateLimits = {
  api(api: string, arrivedMs: number): void;
  card(cardId: string, streaming: boolean, arrivedMs: number): void;
  chat(chatId: string, arrivedMs: number): void;
  message(messageId: string, arrivedMs: number): void;
};

const minuteMs = 60_000;
const secondMs = 1000;

export function createRateLimits(rules: FeishuRules): RateLimits {
  const { limits } = rules;
  const apiSeconds = createSlidingWindows(limits.perApiPerSecond, secondMs);
  const apiMinutes = createSlidingWindows(limits.perApiPerMinute, minuteMs);
  const cards = createSlidingWindows(limits.perCardPerSecond, secondMs);
  const chats = createSlidingWindows(limits.perChatPerSecond, secondMs);
  const messages = createSlidingWindows(limits.perMessagePerSecond, secondMs);
  let calls = { month: '', count: 0 };

  function gatewayFault(limit: number, waitMs: number): FeishuFault {
    return new FeishuFault(99991400, 'request trigger frequency limit', rules.gatewayLimitStatus, {
      'x-ogw-ratelimit-limit': String(limit),
      'x-ogw-ratelimit-reset': String(Math.max(1, Math.ceil(waitMs / secondMs))),
    });
  }

  function quota(arrivedMs: number): void {
    const month = new Date(arrivedMs).toISOString().slice(0, 7);
    if (calls.month !== month) calls = { month, count: 0 };
    if (calls.count >= limits.callsPerMonth) {
      throw new FeishuFault(99991403, "This month's API call quota has been exceeded");
    }
    calls.count += 1;
  }

  return {
    api(api, arrivedMs) {
      const waitSecond = apiSeconds.waitMs(api, arrivedMs);
      if (waitSecond > 0) throw gatewayFault(limits.perApiPerSecond, waitSecond);
      const waitMinute = apiMinutes.waitMs(api, arrivedMs);
      if (waitMinute > 0) throw gatewayFault(limits.perApiPerMinute, waitMinute);
      quota(arrivedMs);
      apiSeconds.count(api, arrivedMs);
      apiMinutes.count(api, arrivedMs);
    },
    card(cardId, streaming, arrivedMs) {
      if (streaming && !rules.countWhileStreaming) return;
      const waitMs = cards.waitMs(cardId, arrivedMs);
      if (waitMs > 0) {
        throw rules.cardLimitCode === 99991400
          ? gatewayFault(limits.perCardPerSecond, waitMs)
          : frequencyFault();
      }
      cards.count(cardId, arrivedMs);
    },
    chat(chatId, arrivedMs) {
      if (chats.waitMs(chatId, arrivedMs) > 0) throw frequencyFault();
      chats.count(chatId, arrivedMs);
    },
    message(messageId, arrivedMs) {
      if (messages.waitMs(messageId, arrivedMs) > 0) throw frequencyFault();
      messages.count(messageId, arrivedMs);
    },
  };
}

function frequencyFault(): FeishuFault {
  return new FeishuFault(230020, 'This operation triggers the frequency limit.');
}
