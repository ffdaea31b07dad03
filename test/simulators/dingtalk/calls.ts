import { createBoundedList } from '../feishu/bounded-list.ts';

/** One API call as it was answered. Holds ids, codes and sizes only: no texts, no tokens. */
export type ApiCall = {
  /** `card.streaming`, `robot.sendBySession`, `gateway.open`, … */
  readonly api: string;
  /** `PUT /v1.0/card/streaming` */
  readonly route: string;
  readonly arrivedMs: number;
  readonly durationMs: number;
  /** 0 when the connection was dropped instead of an answer. */
  readonly status: number;
  /** `ok`, the code of the refusal (`errcode` as digits), or `dropped`. */
  readonly code: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** The fault that was put in its way, if any. */
  readonly fault?: string;
} & CallNotes;

/** What a route tells about a call beside its outcome. */
export type CallNotes = {
  readonly outTrackId?: string;
  readonly conversationId?: string;
  readonly key?: string;
  readonly guid?: string;
  readonly finalise?: boolean;
  /** A failure the answer hides in HTTP 200 with `success: true`: an undelivered card, an invalid receiver. */
  readonly hidden?: string;
};

export type CallLog = {
  record(call: ApiCall): void;
  all(): readonly ApiCall[];
  /** Calls that did not do what was asked: refused by a rule, by an injected fault, or failed inside HTTP 200. */
  refused(): readonly ApiCall[];
  clear(): void;
};

export function createCallLog(capacity: number): CallLog {
  const calls = createBoundedList<ApiCall>(capacity);
  const refused = createBoundedList<ApiCall>(capacity);
  return {
    record(call) {
      calls.push(call);
      if (call.code !== 'ok' || call.hidden !== undefined) refused.push(call);
    },
    all: () => calls.all(),
    refused: () => refused.all(),
    clear() {
      calls.clear();
      refused.clear();
    },
  };
}
