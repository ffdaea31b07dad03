import type { JsonObject } from '../../feishu/json.ts';
import { expireStream } from '../bubbles.ts';
import type { Callback } from '../callback.ts';
import { commonBody } from '../callback-bodies.ts';
import type { ApiCall, CallNotes } from '../calls.ts';
import {
  postCallback,
  type CallbackAnswer,
  type CallbackTarget,
  type Delivery,
  type PostOptions,
} from '../delivery.ts';
import { WeComFault } from '../fault.ts';
import { botKeys, type Platform } from '../platform.ts';
import type { SimMessage } from '../world-types.ts';
import { applyReply, type Asked } from './apply-reply.ts';
import { openReply } from './passive-reply.ts';

/** What came back for one refresh of a stream. */
export type Refresh = { readonly delivery: Delivery; readonly reply: JsonObject | undefined };

/** The sender of the AI bot's callbacks in webhook mode, with the loop that refreshes streams. */
export type BotWebhook = {
  /** The address from now on; undefined ends webhook mode. */
  use(target: CallbackTarget | undefined): void;
  target(): CallbackTarget | undefined;
  /** Posts until it is answered (card events: once), shows the answer, and refreshes its stream to the end. */
  deliver(callback: Callback, body: JsonObject, delivery: Delivery): Promise<Delivery>;
  /** One more refresh, of any stream id, also a finished or unknown one. */
  refresh(callback: Callback, streamId: string): Promise<Refresh>;
};

export function createBotWebhook(platform: Platform): BotWebhook {
  const { rules, clock, ids, stopped } = platform;
  const { limits } = rules;
  let target: CallbackTarget | undefined;

  const options = (to: CallbackTarget, retries: number): PostOptions => ({
    target: to,
    keys: botKeys(platform.corp),
    envelope: (encrypt) => ({ body: JSON.stringify({ encrypt }), mime: 'application/json; charset=utf-8' }),
    retries,
    platform,
  });

  async function refresh(callback: Callback, streamId: string): Promise<Refresh> {
    const messageId = ids.messageId();
    const delivery: Delivery = {
      channel: 'bot-webhook',
      messageId,
      kind: 'stream',
      attempts: [],
      state: 'pending',
    };
    if (target === undefined) return { delivery: { ...delivery, state: 'lost' }, reply: undefined };
    const body = {
      ...commonBody({ ...callback, messageId }, platform),
      msgtype: 'stream',
      stream: { id: streamId },
    };
    const answer = await postCallback(JSON.stringify(body), delivery, options(target, 0));
    const { reply } = show({ callback, refreshed: streamId }, answer, platform);
    return { delivery, reply };
  }

  /** Refreshes until the stream is finished, or its six minutes are over. */
  async function keepFresh(callback: Callback, bubble: SimMessage): Promise<void> {
    while (bubble.stream?.state === 'streaming') {
      await clock.sleep(limits.pollMs, stopped);
      if (stopped.aborted || target === undefined) return;
      if (platform.now() - callback.atMs >= limits.pollWindowMs) return expireStream(bubble, platform);
      await refresh(callback, bubble.stream.streamId);
    }
  }

  /** Streams that have their loop: a repeated callback starts no second one. */
  const refreshing = new WeakSet<SimMessage>();

  return {
    use(next) {
      target = next;
    },
    target: () => target,
    async deliver(callback, body, delivery) {
      if (target === undefined) return delivery;
      const retries = callback.kind === 'template_card_event' ? 0 : limits.callbackRetries;
      const answer = await postCallback(JSON.stringify(body), delivery, options(target, retries));
      const { stream } = show({ callback, refreshed: undefined }, answer, platform);
      if (stream !== undefined && !refreshing.has(stream)) {
        refreshing.add(stream);
        void keepFresh(callback, stream);
      }
      return delivery;
    },
    refresh,
  };
}

type Shown = { readonly reply: JsonObject | undefined; readonly stream: SimMessage | undefined };

/** Decrypts and applies an answer, and records how that went. An answer that cannot be shown is not asked for again. */
function show(asked: Asked, answer: CallbackAnswer | undefined, platform: Platform): Shown {
  if (answer === undefined) return { reply: undefined, stream: undefined };
  const notes: CallNotes = {};
  let reply: JsonObject | undefined;
  let stream: SimMessage | undefined;
  let verdict = { code: 0, message: 'ok' };
  try {
    reply = openReply(answer.body, answer.nonce, platform);
    if (reply !== undefined)
      stream = applyReply(asked, reply, (more) => Object.assign(notes, more), platform);
  } catch (error) {
    if (!(error instanceof WeComFault)) throw error;
    verdict = { code: error.code, message: error.message };
  }
  const call: ApiCall = {
    channel: 'bot-webhook',
    api: `reply.${asked.refreshed === undefined ? asked.callback.kind : 'refresh'}`,
    arrivedMs: platform.now(),
    durationMs: 0,
    ...verdict,
    requestBytes: Buffer.byteLength(answer.body),
    messageId: asked.callback.messageId,
    ...notes,
  };
  platform.calls.record(call);
  platform.changes.emit({ type: 'call-made', call });
  return { reply, stream };
}
