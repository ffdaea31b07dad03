import { createBoundedList } from './bounded-list.ts';

/** One API call as it was answered. Holds ids, codes and sizes only: no texts, no tokens. */
export type ApiCall = {
  /** `im.message.reply`, `cardkit.cardElement.content`, … */
  readonly api: string;
  /** `PUT /open-apis/cardkit/v1/cards/:card_id/…` */
  readonly route: string;
  readonly arrivedMs: number;
  readonly durationMs: number;
  /** 0 when the connection was dropped instead of an answer. */
  readonly status: number;
  /** The business code of the answer; -1 when the connection was dropped. */
  readonly code: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly cardId?: string;
  readonly messageId?: string;
  readonly chatId?: string;
  readonly elementId?: string;
  readonly sequence?: number;
  /** The fault that was put in its way, if any. */
  readonly fault?: string;
};

/** What a route tells about a call beside its outcome. */
export type CallNotes = Partial<Pick<ApiCall, 'cardId' | 'messageId' | 'chatId' | 'elementId' | 'sequence'>>;

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
