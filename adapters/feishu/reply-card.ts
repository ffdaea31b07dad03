import { AdapterError } from '../../src/contract/errors.ts';
import type { ReplyOutcome, ReplySink } from '../../src/contract/reply.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import type { FeishuCalls } from './calls.ts';
import { buildCard } from './card.ts';
import type { Card, CardLevel } from './card.ts';
import { createCardWriter, once } from './reply-card-writer.ts';
import type { CardWrite, CardWriter } from './reply-card-writer.ts';
import { mintHandle } from './reply-handle.ts';
import type { CardHandle } from './reply-handle.ts';
import { createCardOperations } from './reply-operations.ts';
import { endSnapshot, nextLevel } from './reply-outcome.ts';
import { asksForPlainer, refusalOf } from './reply-refusals.ts';
import { createCardStreaming } from './reply-streaming.ts';
import type { CardStreaming } from './reply-streaming.ts';

export type CardReplyOptions = {
  readonly calls: FeishuCalls;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly log: Logger;
  readonly handle: CardHandle;
  /** What the card shows already; undefined when an earlier process or attempt made it. */
  readonly shown?: { readonly card: Card; readonly level: CardLevel };
};

/** How many remedies one edit may take: streaming on again, text without it, the whole card, two plainer levels. */
const MAX_REMEDIES = 5;

/** A reply in a CardKit card: text grows by the streaming API, everything else by as few operations as it takes. */
export function createCardReply({ calls, clock, uuid, log, handle, shown }: CardReplyOptions): ReplySink {
  const succeeding = shown === undefined;
  const operations = createCardOperations({ ...handle, succeeding, clock, uuid });
  const writer = createCardWriter({ calls, operations, handle, shown: shown?.card.elements });
  const streaming = createCardStreaming(writer, handle.createdAt, clock, log);
  const persistence = createPersistence(writer, streaming, shown?.level ?? 'full', log);
  let closedAs: string | undefined;

  return {
    handle: mintHandle(handle),
    async update(latest, urgency, signal) {
      if (closedAs !== undefined || streaming.ended()) return;
      const write = { urgency, signal };
      const take = once(latest);
      try {
        await streaming.renew(write);
        await persistence.run((level) => writer.show(take, level, streaming.on(), write), write);
      } catch (error) {
        // A card someone is pressing a button of: the next edit brings everything this one would have.
        if (urgency !== 'live' || refusalOf(error) !== 'locked') throw error;
      }
    },
    async close(outcome, signal) {
      const as = JSON.stringify(outcome);
      if (closedAs === as) return;
      await closeCard(outcome, writer, streaming, persistence, { urgency: 'final', signal });
      closedAs = as;
    },
  };
}

async function closeCard(
  outcome: ReplyOutcome,
  writer: CardWriter,
  streaming: CardStreaming,
  persistence: Persistence,
  write: CardWrite,
): Promise<void> {
  const snapshot = endSnapshot(outcome);
  const cardAt = (level: CardLevel): Card => buildCard(snapshot, level, false);
  const { summary, elements } = cardAt(persistence.level());
  // The whole card first: from the moment it streams no more, everything stands there.
  if (JSON.stringify(writer.shown()) !== JSON.stringify(elements)) {
    await persistence.run((level) => writer.replace(() => cardAt(level), false, write), write);
  }
  const failure = await streaming.end(summary, write);
  // The whole card also said that it streams no more; only where the settings may merely have been lost, they must come.
  if (failure !== undefined && mayPass(failure)) throw failure;
}

function mayPass(error: unknown): error is AdapterError {
  return error instanceof AdapterError && ['unavailable', 'timeout', 'rate-limited'].includes(error.code);
}

type Persistence = {
  /** How plainly the card is shown by now. */
  level(): CardLevel;
  /** Runs `attempt` until it gets through or there is no remedy left; then rejects with what it was refused with. */
  run(attempt: (level: CardLevel) => Promise<void>, write: CardWrite): Promise<void>;
};

function createPersistence(
  writer: CardWriter,
  streaming: CardStreaming,
  start: CardLevel,
  log: Logger,
): Persistence {
  let level = start;

  /** Makes ready for another try, if there is anything to be done about this refusal. */
  async function remedy(error: unknown, write: CardWrite): Promise<boolean> {
    const refusal = refusalOf(error);
    if (refusal === 'streaming-over') return streaming.rescue(write);
    if (refusal !== 'elements' && !asksForPlainer(refusal)) {
      if (error instanceof AdapterError && error.sent === 'maybe') writer.forget();
      return false;
    }
    const partial = writer.shown() !== undefined;
    writer.forget();
    // A card that grew too large, or that is not what we think it is, may still be right as a whole.
    if (partial && refusal !== 'content') return true;
    const plainer = refusal === 'elements' ? undefined : nextLevel(level);
    if (plainer === undefined) return false;
    level = plainer;
    log.warn({ level, error }, 'a card was refused and is shown plainer');
    return true;
  }

  return {
    level: () => level,
    async run(attempt, write) {
      for (let remedies = 0; ; remedies += 1) {
        try {
          return await attempt(level);
        } catch (error) {
          if (remedies >= MAX_REMEDIES || !(await remedy(error, write))) throw error;
        }
      }
    },
  };
}
