import type { CallBudget, CallUrgency, PlannedCall } from '../../../src/contract/budget.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import { notConnected, toAdapterError } from '../api.ts';
import type { BotLink } from './link.ts';
import type { BotTarget } from './types.ts';

/** One frame of a stream. `content` is asked once, at the moment the frame leaves. */
export type StreamFrame = {
  readonly id: string;
  readonly finish: boolean;
  readonly content: () => string;
  /** Comes back in feedback events; the first frame only. */
  readonly feedbackId?: string;
};

/** Every frame the adapter answers or pushes with. Each waits for the call budget; rejects with `AdapterError` only. */
export type BotCalls = {
  stream(target: BotTarget, frame: StreamFrame, urgency: CallUrgency, signal: AbortSignal): Promise<void>;
  welcome(target: BotTarget, text: string, signal: AbortSignal): Promise<void>;
  push(chatId: string, content: string, urgency: CallUrgency, signal: AbortSignal): Promise<void>;
};

type CallOptions = {
  readonly link: BotLink;
  readonly budget: CallBudget;
  readonly uuid: () => string;
};

export function createBotCalls({ link, budget, uuid }: CallOptions): BotCalls {
  async function send(
    call: PlannedCall,
    reqId: string,
    body: () => object,
    signal: AbortSignal,
  ): Promise<void> {
    // Said at once, for another replica may be the one that is connected: it must not wait in line to hear that.
    if (!link.connected()) throw notConnected(call.api, 'no');
    try {
      await budget.run(call, signal, () => link.send({ cmd: call.api, reqId, body }, signal));
    } catch (error) {
      if (error instanceof AdapterError && error.code === 'rate-limited')
        budget.slowDown(call, error.retryAfterMs);
      throw toAdapterError(call.api, error, signal, false);
    }
  }

  return {
    stream({ reqId, chatId }, { id, finish, content, feedbackId }, urgency, signal) {
      const feedback = feedbackId === undefined ? {} : { feedback: { id: feedbackId } };
      const body = (): object => ({
        msgtype: 'stream',
        stream: { id, finish, content: content(), ...feedback },
      });
      return send({ api: 'aibot_respond_msg', urgency, chat: chatId, card: id }, reqId, body, signal);
    },
    welcome({ reqId, chatId }, content, signal) {
      const call = { api: 'aibot_respond_welcome_msg', urgency: 'first', chat: chatId } as const;
      return send(call, reqId, () => ({ msgtype: 'text', text: { content } }), signal);
    },
    push(chatId, content, urgency, signal) {
      const call = { api: 'aibot_send_msg', urgency, chat: chatId };
      // Without `chat_type`, whose values are not documented: a chatid and a userid do not look alike.
      const body = { chatid: chatId, msgtype: 'markdown', markdown: { content } };
      return send(call, `aibot_send_msg_${uuid()}`, () => body, signal);
    },
  };
}
