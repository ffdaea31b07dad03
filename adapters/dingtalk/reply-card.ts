import { AdapterError } from '../../src/contract/errors.ts';
import type { ReplySink, Snapshot } from '../../src/contract/reply.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { once } from './api.ts';
import type { CardGate } from './card-gate.ts';
import { contentOf, endSnapshot, variablesOf } from './card.ts';
import { replyHandle } from './decode/ids.ts';
import { CONTENT_KEY, type CallContext, type CardVariables, type DingTalkOperations } from './operations.ts';
import type { Presses } from './presses.ts';
import { createSingleSend, type MessageTools } from './reply-message.ts';
import type { ShownMemory } from './shown-memory.ts';
import type { Spacing } from './spacing.ts';
import type { DingTalkReplyHandle } from './types.ts';

export type CardHandle = Extract<DingTalkReplyHandle, { kind: 'card' }>;

export type CardTools = MessageTools & {
  readonly operations: Pick<DingTalkOperations, 'deliverCard' | 'streamCard' | 'setVariables'>;
  readonly presses: Presses;
  readonly gate: CardGate;
  readonly shown: ShownMemory;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly log: Logger;
  readonly createSpacing: () => Spacing;
};

/** How often the line beside the text is brought up to date: each time is a call. */
const PROGRESS_INTERVAL_MS = 10_000;
/** Most answers begin before that: the platform's own "working on it" is enough until then. */
const FIRST_PROGRESS_MS = 3_000;

/**
 * A reply in an AI card: its text grows by the streaming API, all else is set when it matters. `variables`: what the
 * card was made with; undefined when an earlier process made it.
 */
export function createCardReply(tools: CardTools, handle: CardHandle, variables?: CardVariables): ReplySink {
  const live = createLiveCard(tools, handle.outTrackId, variables);
  const instead = createSingleSend(tools, handle.target);
  let closedAs: string | undefined;

  return {
    handle: replyHandle(handle),
    async update(latest, urgency, signal) {
      if (closedAs !== undefined) return;
      await live.update(latest, { urgency, signal });
    },
    async close(outcome, signal) {
      const as = JSON.stringify(outcome);
      if (closedAs === as) return;
      const context = { urgency: 'final', signal } as const;
      try {
        await live.end(endSnapshot(outcome), context);
      } catch (error) {
        if (!isLost(error)) throw error;
        tools.gate.refused(error);
        tools.log.warn({ error }, 'a card could not be ended; the whole answer goes out as Markdown');
        await instead(outcome, context);
      }
      tools.shown.remember(handle.carrierId, outcome.snapshot.markdown);
      closedAs = as;
    },
  };
}

type LiveCard = {
  update(latest: () => Snapshot, context: CallContext): Promise<void>;
  end(snapshot: Snapshot, context: CallContext): Promise<void>;
};

function createLiveCard(
  { operations, presses, clock, uuid, log, createSpacing }: CardTools,
  outTrackId: string,
  variables: CardVariables | undefined,
): LiveCard {
  const spacing = createSpacing();
  const succeeding = variables === undefined;
  let set = variables;
  let content: string | undefined;
  /** Whether the text has begun: until then updates are about the line beside it. */
  let growing = succeeding;
  let finalised = false;
  let progressAt = clock.now().getTime() + FIRST_PROGRESS_MS - PROGRESS_INTERVAL_MS;

  async function stream(
    text: () => string | undefined,
    finalise: boolean,
    context: CallContext,
  ): Promise<void> {
    const take = once(text);
    await operations.streamCard(outTrackId, { text: take, finalise, guid: uuid() }, context);
    content = take() ?? content;
    spacing.left();
  }

  async function setVariables(wanted: () => CardVariables, context: CallContext): Promise<void> {
    const take = once(() => {
      const all = wanted();
      const changed = Object.entries(all).filter(([name, value]) => set?.[name] !== value);
      return changed.length === 0 ? undefined : Object.fromEntries(changed);
    });
    await operations.setVariables(outTrackId, take, context);
    set = { ...set, ...take() };
  }

  async function showProgress(latest: () => Snapshot, context: CallContext): Promise<void> {
    const waitMs = progressAt + PROGRESS_INTERVAL_MS - clock.now().getTime();
    if (waitMs > 0) await clock.sleep(waitMs, context.signal);
    context.signal.throwIfAborted();
    progressAt = clock.now().getTime();
    // Only a card that receives text shows its variables; before that the platform shows a picture of its own.
    if (content === undefined) await stream(() => '', false, context);
    await setVariables(() => variablesOf(latest(), false), context);
  }

  return {
    async update(latest, context) {
      growing ||= context.urgency === 'first';
      if (context.urgency === 'live') await spacing.due(context.signal);
      await presses.over(outTrackId, context.signal);
      if (!growing) return showProgress(latest, context);
      await stream(() => grown(contentOf(latest(), false), content), false, context);
    },
    async end(snapshot, context) {
      await presses.over(outTrackId, context.signal);
      const text = contentOf(snapshot, true);
      const repeated = finalised;
      const ended = variablesOf(snapshot, true);
      try {
        if (!finalised) await stream(() => text, true, context);
        finalised = true;
      } catch (error) {
        // An earlier process may have ended it already; then its text is set like any variable.
        if (!succeeding || !isFinished(error)) throw error;
        log.info({ error }, 'a card was already ended');
      }
      const rewritten = (repeated && text !== content) || !finalised;
      await setVariables(() => (rewritten ? { ...ended, [CONTENT_KEY]: text } : ended), context);
      if (rewritten) content = text;
      presses.show(outTrackId, snapshot.buttons ?? []);
    },
  };
}

/** Undefined when there is nothing to show yet, or nothing new. */
function grown(text: string, before: string | undefined): string | undefined {
  return text === '' || text === before ? undefined : text;
}

function isFinished(error: unknown): boolean {
  if (!(error instanceof AdapterError) || error.sent === 'maybe') return false;
  return error.platformCode === 'unknownError' || error.code === 'invalid';
}

/** Nothing more can be shown in this card, but the chat is still there. */
function isLost(error: unknown): error is AdapterError {
  if (!(error instanceof AdapterError) || error.sent === 'maybe') return false;
  return ['reply-closed', 'forbidden', 'unsupported', 'quota-exhausted', 'too-large'].includes(error.code);
}
