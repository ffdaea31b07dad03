/**
 * One documented limit: at most `calls` calls in any `windowMs` for each value of `per`.
 *
 * `per` names what a counter is kept for: one API of the app, the whole app, one card (live reply), one chat or one
 * message. `apis` narrows it to calls of those APIs; unset means all that carry the `per` value.
 */
export type CallLimit = {
  readonly per: 'api' | 'app' | 'card' | 'chat' | 'message';
  readonly apis?: readonly string[];
  readonly calls: number;
  readonly windowMs: number;
};

/**
 * `first`: the first sign of life or the first text of a reply. `final`: the last edit. `live`: an edit in between.
 * `background`: whatever nobody waits for. `final` and `first` go before `live`, `live` before `background`.
 */
export type CallUrgency = 'first' | 'final' | 'live' | 'background';

/** One call about to be made, as the limits see it. `api` is the adapter's own stable name for the API. */
export type PlannedCall = {
  readonly api: string;
  readonly urgency: CallUrgency;
  readonly card?: string;
  readonly chat?: string;
  readonly message?: string;
};

/**
 * Lets calls leave so that no documented limit is ever exceeded. One for each app, shared by all its replies.
 *
 * `run` waits until the call may leave, then calls `send` (which reads the newest text only then) and gives back what
 * it gives back. It rejects with what `send` rejects with, or with the signal's reason when that aborts before the call
 * left. A call counts against its windows from the moment it leaves until a window after it was answered, since the
 * platform may have counted it at any moment between.
 */
export type CallBudget = {
  run<Result>(call: PlannedCall, signal: AbortSignal, send: () => Promise<Result>): Promise<Result>;
  /** The platform said "too often" for this call: calls that share its counters pause, and later go slower. */
  slowDown(call: PlannedCall, retryAfterMs: number | undefined): void;
};
