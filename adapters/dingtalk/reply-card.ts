import { createHash } from 'node:crypto';
import { AdapterError } from '../../src/contract/errors.ts';
import type { ReplySink, Snapshot } from '../../src/contract/reply.ts';
import { once } from './api.ts';
import type { CardGate } from './card-gate.ts';
import { contentOf, endSnapshot, variablesOf } from './card.ts';
import { replyHandle } from './decode/ids.ts';
import { CONTENT_KEY, type CallContext, type CardVariables, type DingTalkOperations } from './operations.ts';
import type { Presses } from './presses.ts';
import { createSingleSend, type MessageTools } from './reply-message.ts';
import type { Spacing } from './spacing.ts';
import type { DingTalkReplyHandle } from './types.ts';

export type CardHandle = Extract<DingTalkReplyHandle, { kind: 'card' }>;

export type CardTools = MessageTools & {
  readonly operations: Pick<DingTalkOperations, 'deliverCard' | 'streamCard' | 'setVariables'>;
  readonly presses: Presses;
  readonly gate: CardGate;
  readonly uuid: () => string;
  readonly createSpacing: () => Spacing;
};

/** How often the line beside the text is brought up to date before the first word: each time is a call. */
const PROGRESS_INTERVAL_MS = 10_000;
/** Most answers begin before that: the platform's own "working on it" is enough until then. */
const FIRST_PROGRESS_MS = 3_000;

/**
 * A reply in an AI card: its text grows by the streaming API, all else is set when it matters. `variables`: what the
 * card was made with; undefined when an earlier process or attempt made it.
 */
export function createCardReply(tools: CardTools, handle: CardHandle, variables?: CardVariables): ReplySink {
  const live = createLiveCard(tools, handle, variables);
  const instead = createSingleSend(tools, handle.target);
  let closedAs: string | undefined;

  return {
    handle: replyHandle(handle),
    async update(latest, urgency, signal) {
      if (closedAs !== undefined) return;
      await live.update(latest, { urgency, signal });
    },
    async close(outcome, signal) {
      const as = JSON.stringify([outcome.status, outcome.snapshot]);
      if (closedAs === as) return;
      const context = { urgency: 'final', signal } as const;
      try {
        await live.end(endSnapshot(outcome), context);
      } catch (error) {
        if (!isLost(error)) throw error;
        tools.gate.refused(error, live.state() === 'empty');
        tools.log.warn({ error, card: live.state() }, 'a card could not be ended as it should');
        // Where the whole text stands in the card, only what is beside it is missing.
        if (live.state() !== 'whole') await instead(outcome, context);
      }
      tools.shown.remember(handle.carrierId, outcome.snapshot.markdown);
      closedAs = as;
    },
  };
}

type LiveCard = {
  update(latest: () => Snapshot, context: CallContext): Promise<void>;
  end(snapshot: Snapshot, context: CallContext): Promise<void>;
  /** `empty`: nothing was ever streamed into it. `whole`: its text has come to its end. */
  state(): 'empty' | 'growing' | 'whole';
};

function createLiveCard(
  { operations, presses, clock, uuid, log, createSpacing }: CardTools,
  { outTrackId, target }: CardHandle,
  variables: CardVariables | undefined,
): LiveCard {
  const spacing = createSpacing();
  let set = variables;
  /** What stands in the card; undefined before anything was streamed, as far as we know. */
  let content: string | undefined;
  let finalised = false;
  let progressDueAt = clock.now().getTime() + FIRST_PROGRESS_MS;

  async function setVariables(wanted: CardVariables, context: CallContext): Promise<void> {
    const changed = Object.entries(wanted).filter(([name, value]) => set?.[name] !== value);
    if (changed.length === 0) return;
    await operations.setVariables(outTrackId, () => Object.fromEntries(changed), context);
    set = { ...set, ...wanted };
  }

  /** Only a card that has received text shows its variables; before that the platform shows a picture of its own. */
  async function showProgress(snapshot: Snapshot, context: CallContext): Promise<void> {
    if (clock.now().getTime() < progressDueAt) return;
    progressDueAt = clock.now().getTime() + PROGRESS_INTERVAL_MS;
    if (content === undefined) {
      await operations.streamCard(outTrackId, { text: () => '', finalise: false, guid: uuid() }, context);
      content = '';
    }
    await setVariables(variablesOf(snapshot, false), context);
  }

  async function finalise(text: string, context: CallContext): Promise<void> {
    // Equal for the same text, so that an end whose answer was lost can be repeated, also by another process.
    const guid = createHash('sha256')
      .update(JSON.stringify([outTrackId, text]))
      .digest('hex')
      .slice(0, 32);
    await operations.streamCard(outTrackId, { text: () => text, finalise: true, guid }, context);
    content = text;
    finalised = true;
  }

  return {
    async update(latest, context) {
      if (context.urgency === 'live') await spacing.due(context.signal);
      await presses.over(outTrackId, context.signal);
      let snapshot: Snapshot | undefined;
      const text = once(() => {
        snapshot = latest();
        return grown(contentOf(snapshot, false), content);
      });
      await operations.streamCard(outTrackId, { text, finalise: false, guid: uuid() }, context);
      const shown = text();
      if (shown !== undefined) {
        content = shown;
        spacing.left();
      } else if (snapshot?.markdown === '') await showProgress(snapshot, context);
    },
    async end(snapshot, context) {
      await presses.over(outTrackId, context.signal);
      const text = contentOf(snapshot, true);
      const ended = variablesOf(snapshot, true);
      try {
        if (!finalised) await finalise(text, context);
      } catch (error) {
        // An earlier process may have ended it with another text; then the text is set like any variable.
        if (variables !== undefined || !isFinished(error)) throw error;
        log.info({ error }, 'a card was already ended');
      }
      await setVariables(text === content ? ended : { ...ended, [CONTENT_KEY]: text }, context);
      content = text;
      presses.show(outTrackId, target, snapshot.buttons ?? []);
    },
    state: () => (finalised ? 'whole' : content === undefined ? 'empty' : 'growing'),
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
