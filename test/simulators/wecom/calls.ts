import { createBoundedList } from '../feishu/bounded-list.ts';

/** One frame, API request or passive reply as it was answered. Holds ids, codes and sizes only: no texts, no tokens. */
export type ApiCall = {
  readonly channel: 'long-connection' | 'bot-webhook' | 'app-callback' | 'api' | 'media';
  /** `aibot_respond_msg`, `message.send`, `reply.stream`, … */
  readonly api: string;
  readonly arrivedMs: number;
  readonly durationMs: number;
  /** The errcode of the answer; -1 when a fault kept it from being given, whatever the effect. */
  readonly code: number;
  /** Why it was refused, in the platform's words. */
  readonly message: string;
  readonly requestBytes: number;
  readonly reqId?: string;
  readonly chatId?: string;
  readonly streamId?: string;
  readonly messageId?: string;
  readonly finish?: boolean;
  /** UTF-8 bytes of the text it carried. */
  readonly contentBytes?: number;
  /** It was answered as a success, yet nobody saw anything of it. */
  readonly unseen?: 'quota' | 'duplicate' | 'expired' | 'used' | 'fault';
  /** The fault that was put in its way, if any. */
  readonly fault?: string;
};

/** What a rule tells about a call beside its outcome. */
export type CallNotes = {
  -readonly [
    Name in 'chatId' | 'streamId' | 'messageId' | 'finish' | 'contentBytes' | 'unseen'
  ]?: NonNullable<ApiCall[Name]>;
};

export type CallLog = {
  record(call: ApiCall): void;
  all(): readonly ApiCall[];
  /** Calls that were not answered with code 0: refused by a rule, or by an injected fault. */
  refused(): readonly ApiCall[];
  clear(): void;
};

export function createCallLog(capacity: number): CallLog {
  const calls = createBoundedList<ApiCall>(capacity);
  const refused = createBoundedList<ApiCall>(capacity);
  return {
    record(call) {
      calls.push(call);
      if (call.code !== 0) refused.push(call);
    },
    all: () => calls.all(),
    refused: () => refused.all(),
    clear() {
      calls.clear();
      refused.clear();
    },
  };
}
