import type { CallUrgency } from '../../../src/contract/budget.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { ReplyOutcome, ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { toAdapterError } from '../api.ts';
import { liveContent, sealedContent, streamEnd } from '../content.ts';
import { remainder } from '../remainder.ts';
import { createCadence } from './cadence.ts';
import type { BotCalls, StreamFrame } from './calls.ts';
import { createPush } from './push-reply.ts';
import { mintHandle, type StreamHandle } from './types.ts';

export type StreamTools = {
  readonly calls: BotCalls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly updateIntervalMs: number;
  readonly streamLifetimeMs: number;
  /** Aborts when the adapter stops. */
  readonly stopped: AbortSignal;
};

/** A frame this long after the end of a stream's life may be acknowledged and still be dropped (field reports). */
const TRUSTED_AFTER_LIFETIME_MS = 20_000;

/**
 * One bubble. `open`: takes frames. `sealed`: finished before the answer was, since its life ends after some minutes; the
 * rest is pushed at the end. `closed`: everything is shown.
 */
type State = 'open' | 'sealed' | 'closed';

/**
 * A reply in a stream: full snapshots, one operation at a time. `first` is what the opening frame showed; undefined for
 * a stream taken up after a restart, of which nobody knows what it shows.
 */
export function createStreamReply(tools: StreamTools, handle: StreamHandle, first?: Snapshot): ReplySink {
  const { calls, clock, log, streamLifetimeMs, stopped } = tools;
  const cadence = createCadence(clock, tools.updateIntervalMs);
  const push = createPush(tools, handle.chatId);
  const ended = new AbortController();
  let state: State = 'open';
  /** An edit that waits for its turn; it gives way when the stream's life ends. */
  let waiting: AbortController | undefined;
  let latest = first;
  /** The answer's text as the platform has surely shown it. */
  let shown = first?.markdown ?? '';
  let finishPerhapsSent = first === undefined;
  let tail: Promise<unknown> = Promise.resolve();

  const ageMs = (): number => clock.now().getTime() - handle.openedAt;

  /** Operations of the core and of our own timer, one after another. */
  function serially<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  }

  function frame(content: () => string, finish: boolean, urgency: CallUrgency, signal: AbortSignal) {
    const body: StreamFrame = { id: handle.key, finish, content };
    return calls.stream(handle, body, urgency, signal);
  }

  async function edit(next: () => Snapshot, urgency: CallUrgency, signal: AbortSignal): Promise<void> {
    const yielding = new AbortController();
    waiting = yielding;
    let snapshot: Snapshot | undefined;
    const content = (): string => {
      waiting = undefined;
      snapshot = next();
      latest = snapshot;
      cadence.left();
      return liveContent(snapshot);
    };
    try {
      const until = AbortSignal.any([signal, yielding.signal]);
      await cadence.wait(urgency, until);
      await frame(content, false, urgency, until);
      shown = snapshot?.markdown ?? shown;
    } catch (error) {
      if (isClosed(error)) state = 'sealed';
      else if (yielding.signal.aborted && !signal.aborted) await seal(next(), signal);
      else throw toAdapterError('aibot_respond_msg', error, signal, false);
    } finally {
      waiting = undefined;
    }
  }

  /** Finishes the bubble with what there is. */
  async function seal(snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    if (state !== 'open') return;
    const trusted = ageMs() < streamLifetimeMs + TRUSTED_AFTER_LIFETIME_MS;
    try {
      await frame(() => sealedContent(snapshot), true, 'final', signal);
      if (trusted) shown = snapshot.markdown;
    } catch (error) {
      if (!isClosed(error)) throw error;
    }
    state = 'sealed';
  }

  async function sealInTime(): Promise<void> {
    const until = AbortSignal.any([ended.signal, stopped]);
    await clock.sleep(Math.max(0, streamLifetimeMs - ageMs()), until);
    if (until.aborted) return;
    waiting?.abort();
    await serially(async () => {
      if (latest !== undefined && !until.aborted) await seal(latest, stopped);
    });
  }

  async function finish({ snapshot }: ReplyOutcome, signal: AbortSignal): Promise<void> {
    if (state === 'open' && ageMs() >= streamLifetimeMs) await seal(snapshot, signal);
    if (state === 'open' && (await finishStream(snapshot, signal))) return;
    state = 'sealed';
    const markdown = remainder(shown, snapshot.markdown);
    await push.run({ ...snapshot, markdown }, signal);
  }

  /** False when the stream takes no end any more and does not show it either. */
  async function finishStream(snapshot: Snapshot, signal: AbortSignal): Promise<boolean> {
    try {
      await frame(() => streamEnd(snapshot), true, 'final', signal);
      return true;
    } catch (error) {
      // Well within its life a stream is closed because an earlier end got through, if one was sent.
      if (isClosed(error)) return finishPerhapsSent;
      if (error instanceof AdapterError && error.sent === 'maybe') finishPerhapsSent = true;
      throw error;
    }
  }

  sealInTime().catch((error: unknown) => {
    log.warn({ error }, 'a stream could not be finished in time');
  });

  return {
    get handle() {
      return mintHandle(state === 'closed' ? { kind: 'closed' } : handle);
    },
    update: (next, urgency, signal) =>
      serially(async () => {
        if (state !== 'open') return;
        await (ageMs() >= streamLifetimeMs ? seal(next(), signal) : edit(next, urgency, signal));
      }),
    close: (outcome, signal) =>
      serially(async () => {
        if (state === 'closed') return;
        ended.abort();
        await finish(outcome, signal);
        state = 'closed';
      }),
  };
}

/** 846605, 846608: the stream takes nothing any more. */
function isClosed(error: unknown): boolean {
  return error instanceof AdapterError && error.code === 'reply-closed';
}
