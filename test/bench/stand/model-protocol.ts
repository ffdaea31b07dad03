/** How the answers to come are given out. */
export type AnswerPlan = {
  /** Tokens of each answer. */
  readonly tokens: number;
  readonly intervalMs: number;
  /** From the request to the first token. */
  readonly firstTokenMs: number;
};

/** One answer as the stand-in gave it out. Times in milliseconds since the epoch, with fractions. */
export type SentAnswer = {
  /** The number in the question's label. */
  readonly index: number;
  /** When the request's head was here. */
  readonly requestedAt: number;
  /** When each token was handed to the socket. */
  readonly sentAt: Float64Array;
  /** False while tokens are still to come, and when the reader left first. */
  readonly whole: boolean;
  readonly requestBytes: number;
};

export type ModelReport = {
  readonly answers: readonly SentAnswer[];
  /** How late tokens left, 99 in 100 less than this; the stand-in looks every 5 ms. */
  readonly latenessP99Ms: number;
};

export type ModelOrder =
  | { readonly type: 'plan'; readonly plan: AnswerPlan }
  /** Asks for a report and forgets what is in it. */
  | { readonly type: 'report' }
  | { readonly type: 'progress' };

export type ModelMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'report'; readonly report: ModelReport }
  /** Answers under way, and those that have come to their end since the last report. */
  | { readonly type: 'progress'; readonly open: number; readonly whole: number };

/** Milliseconds since the epoch with fractions, comparable between processes of one machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
