import type { CallUrgency } from '../../src/contract/budget.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { ReplySink } from '../../src/contract/reply.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import type { FeishuCalls } from './calls.ts';
import { buildCard, cardJson } from './card.ts';
import type { Card, CardLevel } from './card.ts';
import { once } from './reply-card-writer.ts';
import { mintHandle } from './reply-handle.ts';
import type { MessageHandle } from './reply-handle.ts';
import { endSnapshot, fromLevel } from './reply-outcome.ts';
import { refusalOf } from './reply-refusals.ts';

export type MessageReplyOptions = {
  readonly calls: FeishuCalls;
  readonly clock: Clock;
  readonly handle: MessageHandle;
  readonly level: CardLevel;
  /** The outcome it was opened with, as JSON, when it was whole at once. */
  readonly closedAs?: string;
};

// Feishu takes 5 edits a second of one message, but each redraws the whole card; its own plugin edits every 1.5 s.
const EDIT_INTERVAL_MS = 1500;
const LOCK_WAIT_MS = 250;
const LOCK_RETRIES: Readonly<Record<CallUrgency, number>> = { first: 4, live: 1, background: 1, final: 14 };

/** A reply in a plain interactive card, where CardKit cannot be used: every edit replaces the whole card. */
export function createMessageReply(options: MessageReplyOptions): ReplySink {
  const { calls, clock, handle } = options;
  let { level, closedAs } = options;
  let editedAt = -Infinity;

  async function edit(
    cardAt: (level: CardLevel) => Card,
    urgency: CallUrgency,
    signal: AbortSignal,
  ): Promise<void> {
    const context = { urgency, chat: handle.chatId };
    const done = await fromLevel(level, (attempted) => {
      const content = once(() => cardJson(cardAt(attempted), false));
      return persist(clock, LOCK_RETRIES[urgency], signal, () =>
        calls.patchMessage(handle.messageId, content, context, signal),
      );
    });
    level = done.level;
    editedAt = clock.now().getTime();
  }

  return {
    handle: mintHandle(handle),
    async update(latest, urgency, signal) {
      const tooSoon = urgency === 'live' && clock.now().getTime() - editedAt < EDIT_INTERVAL_MS;
      if (closedAs !== undefined || tooSoon) return;
      const take = once(latest);
      try {
        await edit((attempted) => buildCard(take(), attempted, true), urgency, signal);
      } catch (error) {
        if (urgency !== 'live' || refusalOf(error) !== 'locked') throw error;
      }
    },
    async close(outcome, signal) {
      const as = JSON.stringify(outcome);
      if (closedAs === as) return;
      const snapshot = endSnapshot(outcome);
      await edit((attempted) => buildCard(snapshot, attempted, false), 'final', signal);
      closedAs = as;
    },
  };
}

/** Waits while the card is locked, and repeats once what may have been lost: an edit made twice shows the same. */
async function persist(
  clock: Clock,
  lockRetries: number,
  signal: AbortSignal,
  send: () => Promise<void>,
): Promise<void> {
  let locks = 0;
  let repeated = false;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (refusalOf(error) === 'locked' && locks < lockRetries) {
        locks += 1;
        await clock.sleep(LOCK_WAIT_MS, signal);
      } else if (error instanceof AdapterError && error.sent === 'maybe' && !repeated && !signal.aborted)
        repeated = true;
      else throw error;
    }
  }
}
