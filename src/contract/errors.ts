/**
 * Why a platform call did not do what was asked. Decisions are made on these codes, never on message texts.
 *
 * - `unauthorized`: the app's own credentials were refused.
 * - `forbidden`: a permission is missing, or the app is off.
 * - `rate-limited`: too often; `retryAfterMs` says how long to wait where the platform told it.
 * - `quota-exhausted`: the month's calls are used up.
 * - `target-gone`: the message or chat is recalled, deleted, dissolved, or the bot is no longer in it. Final.
 * - `reply-closed`: the live reply can no longer be edited (its time is over), but the chat is still there.
 * - `too-large`: more bytes, elements or tables than the platform takes.
 * - `content-rejected`: the platform's content filter refused the text.
 * - `invalid`: the platform calls our request malformed.
 * - `unsupported`: this platform or mode cannot do it at all.
 * - `unavailable`: the platform failed (5xx), or was not reached.
 * - `timeout`: no answer in time.
 * - `aborted`: our own signal ended the call.
 */
export type AdapterErrorCode =
  | 'unauthorized'
  | 'forbidden'
  | 'rate-limited'
  | 'quota-exhausted'
  | 'target-gone'
  | 'reply-closed'
  | 'too-large'
  | 'content-rejected'
  | 'invalid'
  | 'unsupported'
  | 'unavailable'
  | 'timeout'
  | 'aborted';

type Details = {
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
  readonly sent?: 'no' | 'maybe';
  /** The platform's own code and trace id, for the log: `230020`, `log_id …`. Never message text, never a secret. */
  readonly platformCode?: string;
};

/** The one error that crosses the adapter boundary. Made only in `adapters/<platform>/api.ts`. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  readonly code: AdapterErrorCode;
  /** How long the platform asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** `maybe`: the call may have taken effect; repeat it only with the platform's own idempotency key. */
  readonly sent: 'no' | 'maybe';
  readonly platformCode: string | undefined;

  constructor(code: AdapterErrorCode, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
    this.sent = details.sent ?? 'no';
    this.platformCode = details.platformCode;
  }
}
