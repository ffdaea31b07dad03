import type { JsonObject } from '../feishu/json.ts';
import { rememberIn } from './bounded-map.ts';
import type { BotWebhook } from './bot-webhook/bot-webhook.ts';
import type { ResponseUrls } from './bot-webhook/response-url.ts';
import { createCallback, type Callback } from './callback.ts';
import { eventBody, messageBody } from './callback-bodies.ts';
import type { Delivery } from './delivery.ts';
import type { Gateway } from './long-connection/gateway.ts';
import type { Platform } from './platform.ts';
import type { Said } from './said.ts';
import type { SimChat, SimMessage, SimUser } from './world-types.ts';

/** The AI bot's callbacks, by whichever of its two ways is in use. */
export type BotCallbacks = {
  message(message: SimMessage, said: Said, chat: SimChat, from: SimUser): Promise<Delivery>;
  /** The same callback once more, with the same msgid. */
  again(messageId: string): Promise<Delivery>;
  event(
    kind: Exclude<Callback['kind'], 'message'>,
    detail: JsonObject,
    actor: { readonly chat: SimChat; readonly from: SimUser; readonly pressed?: SimMessage },
  ): Promise<Delivery>;
  /** Unanswered messages of a person, of the last six minutes. */
  unanswered(from: SimUser): number;
  /** The callback a message of a person became. */
  callback(messageId: string): Callback | undefined;
};

export type BotCallbackWays = {
  readonly gateway: Gateway;
  readonly webhook: BotWebhook;
  readonly responseUrls: ResponseUrls;
  readonly record: (delivery: Delivery) => void;
};

type Known = { readonly callback: Callback; readonly body: JsonObject; readonly kind: string };

const rememberedCallbacks = 20_000;

export function createBotCallbacks(platform: Platform, ways: BotCallbackWays): BotCallbacks {
  const { rules, ids, world } = platform;
  const known = new Map<string, Known>();

  function hand({ callback, body, kind }: Known): Promise<Delivery> {
    const byWebhook = ways.webhook.target() !== undefined;
    const delivery: Delivery = {
      channel: byWebhook ? 'bot-webhook' : 'long-connection',
      messageId: callback.messageId,
      kind,
      attempts: [],
      state: 'pending',
    };
    ways.record(delivery);
    if (byWebhook) return ways.webhook.deliver(callback, body, delivery);
    const cmd = callback.kind === 'message' ? 'aibot_msg_callback' : 'aibot_event_callback';
    const sent = ways.gateway.deliver(cmd, callback, body);
    const outcome = sent ? 'sent' : 'unreachable';
    delivery.attempts.push({ atMs: platform.now(), durationMs: 0, outcome });
    delivery.state = sent ? 'delivered' : 'lost';
    return Promise.resolve(delivery);
  }

  function remember(callback: Callback, body: JsonObject, kind: string): Promise<Delivery> {
    const entry = { callback, body, kind };
    rememberIn(known, callback.messageId, entry, rememberedCallbacks);
    return hand(entry);
  }

  const responseUrl = (callback: Callback): string | undefined =>
    ways.webhook.target() !== undefined || rules.responseUrlOnConnection
      ? ways.responseUrls.issue(callback)
      : undefined;

  return {
    message(message, said, chat, from) {
      const { messageId, createdMs: atMs, quotedId } = message;
      const callback = createCallback({ kind: 'message', messageId, chat, from, atMs });
      const mode = ways.webhook.target() === undefined ? 'connection' : 'webhook';
      const quoted = quotedId === undefined ? undefined : world.message(quotedId);
      const body = messageBody(callback, said, quoted, mode, responseUrl(callback), platform);
      return remember(callback, body, message.kind);
    },
    again(messageId) {
      const entry = known.get(messageId);
      if (entry === undefined) throw new Error('no callback is remembered for this message');
      return hand(entry);
    },
    event(kind, detail, actor) {
      const callback = createCallback({ kind, messageId: ids.messageId(), atMs: platform.now(), ...actor });
      const url = kind === 'template_card_event' ? responseUrl(callback) : undefined;
      const more = url === undefined ? {} : { response_url: url };
      return remember(callback, eventBody(callback, detail, more, platform), kind);
    },
    unanswered(from) {
      const sinceMs = platform.now() - rules.limits.pollWindowMs;
      return [...known.values()].filter(
        ({ callback }) =>
          callback.kind === 'message' &&
          callback.from.userId === from.userId &&
          callback.atMs > sinceMs &&
          ![...callback.streams.values()].some(({ stream }) => stream?.state !== 'streaming'),
      ).length;
    },
    callback: (messageId) => known.get(messageId)?.callback,
  };
}
