import type { CallUrgency } from './budget.ts';
import type { ReplyHandle, ReplyTarget } from './ids.ts';

/** A button under a reply. `id` is opaque and comes back in `InboundAction.button`; `label` is in the asker's language. */
export type Button = {
  readonly id: string;
  readonly kind: 'stop' | 'retry' | 'good' | 'bad';
  readonly label: string;
  /** Shown as pressed: the judgement this person has given. */
  readonly chosen?: boolean;
};

/** A table or a series for `/status` and `/doctor`: native where the platform can, Markdown elsewhere. */
export type FactBlock =
  | {
      readonly type: 'table';
      readonly title?: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | {
      readonly type: 'series';
      readonly title: string;
      readonly unit: string;
      /** `label` is what stands below the point: a time of day, in the service's time zone. */
      readonly points: readonly { readonly label: string; readonly value: number }[];
    };

/** Everything a reply shows at one moment. A snapshot replaces the one before; a lost one is harmless. */
export type Snapshot = {
  /** The answer so far, already rendered by this adapter's `render`. Empty before the first word. */
  readonly markdown: string;
  /** The line before and beside the answer while it is being made: queued, reading the picture, thinking (4 s). */
  readonly progress?: string;
  /** The model's reasoning, shown folded where the platform can; already rendered. */
  readonly thinking?: string;
  /** Heading of the folded reasoning, in the asker's language. */
  readonly thinkingTitle?: string;
  readonly buttons?: readonly Button[];
  /** A sentence of the bot's own beside the answer: why it ended early and what to do. Plain text, legible, not grey. */
  readonly notice?: string;
  /** One grey line after the end. */
  readonly footer?: string;
  readonly facts?: readonly FactBlock[];
  /** Plain words for the chat list and the notification: first words of the answer, or what is being done. */
  readonly preview: string;
};

/**
 * How a reply ended. `complete`: the whole answer. `continued`: the text goes on in a further reply. `stopped`: the
 * person stopped it. `interrupted`: cut by a restart or a broken stream. `failed`: no answer could be given.
 */
export type ReplyOutcome = {
  readonly status: 'complete' | 'continued' | 'stopped' | 'interrupted' | 'failed';
  readonly snapshot: Snapshot;
};

export type ReplyOpening = {
  readonly target: ReplyTarget;
  readonly first: Snapshot;
  /** Equal for every attempt to open this one reply; at most 50 characters [A-Za-z0-9-]. The platform's idempotency key. */
  readonly key: string;
  /** True when an earlier attempt may have got through (a crash, a timeout): the adapter then looks before it sends. */
  readonly maybeSent: boolean;
  /** When given, `first` is all there will be: it is sent in its end form with as few calls as possible, already closed. */
  readonly whole?: ReplyOutcome['status'];
};

/** One reply on the screen. One operation at a time: the core never calls a method before the last one settled. */
export type ReplySink = {
  /** Plain JSON, stored with the turn as soon as the reply is open. */
  readonly handle: ReplyHandle;
  /** Replaces what is shown. `latest` is called once, at the moment the platform call leaves. */
  update(latest: () => Snapshot, urgency: CallUrgency, signal: AbortSignal): Promise<void>;
  /** Shows the outcome and ends the live state. Idempotent: a second close with the same outcome changes nothing. */
  close(outcome: ReplyOutcome, signal: AbortSignal): Promise<void>;
};
