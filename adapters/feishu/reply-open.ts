import { AdapterError } from '../../src/contract/errors.ts';
import type { ReplyOpening, ReplyOutcome, ReplySink } from '../../src/contract/reply.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import type { FeishuCalls, OutgoingMessage, SentMessage } from './calls.ts';
import { buildCard, cardJson } from './card.ts';
import type { Card, CardLevel } from './card.ts';
import { createCardReply } from './reply-card.ts';
import { readTarget } from './reply-handle.ts';
import { createMessageReply } from './reply-message.ts';
import { endSnapshot, fromLevel } from './reply-outcome.ts';
import { createSentReply, createUnsentReply, sendPost } from './reply-post.ts';
import { mayTryOtherKind } from './reply-refusals.ts';

export type ReplyTools = {
  readonly calls: FeishuCalls;
  readonly clock: Clock;
  /** A fresh RFC 4122 identifier. */
  readonly uuid: () => string;
  readonly log: Logger;
  readonly cardKit: CardKitGate;
};

/** Remembers that CardKit as a whole is closed to us (a permission is missing), not only to one card. */
export type CardKitGate = { refused(): void; mayTry(): boolean };

/** A reply in a CardKit card: the entity first, then the message that shows it. */
export async function openCard(
  tools: ReplyTools,
  opening: ReplyOpening,
  signal: AbortSignal,
): Promise<ReplySink> {
  const createdAt = tools.clock.now().getTime();
  const { level, card, cardId } = await createEntity(tools, opening, signal);
  const content = JSON.stringify({ type: 'card', data: { card_id: cardId } });
  const sent = await reply(tools, opening, { msgType: 'interactive', content }, signal);
  const shownCard = opening.maybeSent ? await cardShownBy(tools, sent, signal) : cardId;
  if (shownCard !== cardId) return adopt(tools, sent, shownCard, signal);
  const { messageId, chatId } = sent;
  const handle = { kind: 'card', cardId, messageId, chatId, createdAt } as const;
  return createCardReply({ ...tools, handle, shown: { card, level } });
}

/** A reply in a plain interactive card, for where CardKit is refused. */
export async function openMessage(
  tools: ReplyTools,
  opening: ReplyOpening,
  signal: AbortSignal,
): Promise<ReplySink> {
  const { level, result } = await replyWithCard(tools, opening, true, signal);
  if (opening.maybeSent) return adopt(tools, result, await cardShownBy(tools, result, signal), signal);
  const { messageId, chatId } = result;
  return createMessageReply({ ...tools, handle: { kind: 'message', messageId, chatId }, level });
}

/** A reply in no card at all: nothing is sent until it is whole. */
export function openUnsent({ calls }: ReplyTools, { target, key }: ReplyOpening): ReplySink {
  const { messageId, chatId } = readTarget(target);
  return createUnsentReply(calls, { kind: 'unsent', messageId, chatId, key });
}

/** A reply that is whole at once: one message, which can still be edited while it is a card. */
export async function openWhole(
  tools: ReplyTools,
  opening: ReplyOpening,
  outcome: ReplyOutcome,
  signal: AbortSignal,
): Promise<ReplySink> {
  const ended = { ...opening, first: endSnapshot(outcome) };
  try {
    const { level, result } = await replyWithCard(tools, ended, false, signal);
    const { messageId, chatId } = result;
    if (opening.maybeSent) {
      // What an earlier attempt left there may be a card that still waits for its end.
      const sink = await adopt(tools, result, await cardShownBy(tools, result, signal), signal);
      await sink.close(outcome, signal);
      return sink;
    }
    const handle = { kind: 'message', messageId, chatId } as const;
    return createMessageReply({ ...tools, handle, level, closedAs: JSON.stringify(outcome) });
  } catch (error) {
    if (!mayTryOtherKind(error)) throw error;
    tools.log.warn({ error }, 'a card was refused; the reply goes out as a post');
  }
  const { messageId, chatId } = await sendPost(ended.first, opening.key, ({ msgType, content }) =>
    reply(tools, opening, { msgType, content }, signal),
  );
  return createSentReply({ kind: 'post', messageId, chatId });
}

async function createEntity(
  { calls, cardKit }: ReplyTools,
  { first }: ReplyOpening,
  signal: AbortSignal,
): Promise<{ readonly level: CardLevel; readonly card: Card; readonly cardId: string }> {
  try {
    const { level, result } = await fromLevel('full', async (attempted) => {
      const card = buildCard(first, attempted, true);
      return { card, ...(await calls.createCard(cardJson(card, true), { urgency: 'first' }, signal)) };
    });
    return { level, ...result };
  } catch (error) {
    if (error instanceof AdapterError && error.code === 'forbidden') cardKit.refused();
    throw error;
  }
}

async function replyWithCard(
  tools: ReplyTools,
  opening: ReplyOpening,
  live: boolean,
  signal: AbortSignal,
): Promise<{ readonly level: CardLevel; readonly result: SentMessage }> {
  return fromLevel('full', (level) => {
    const content = cardJson(buildCard(opening.first, level, live), false);
    return reply(tools, opening, { msgType: 'interactive', content }, signal);
  });
}

function reply(
  { calls }: ReplyTools,
  opening: ReplyOpening,
  message: Omit<OutgoingMessage, 'uuid'>,
  signal: AbortSignal,
): Promise<SentMessage> {
  const { messageId, chatId } = readTarget(opening.target);
  return calls.reply(
    messageId,
    { ...message, uuid: opening.key },
    { urgency: 'first', chat: chatId },
    signal,
  );
}

/** The card entity a message shows; undefined when it shows none, or none that we may touch. */
async function cardShownBy(
  { calls }: ReplyTools,
  { messageId }: SentMessage,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await calls.cardOfMessage(messageId, { urgency: 'first' }, signal)).cardId;
  } catch (error) {
    if (!mayTryOtherKind(error)) throw error;
    return undefined;
  }
}

/**
 * The same key gives the message of an earlier attempt, if that got through: it shows another card than the one just
 * made, and whatever it shows is what we go on with.
 */
async function adopt(
  tools: ReplyTools,
  { messageId, chatId }: SentMessage,
  cardId: string | undefined,
  signal: AbortSignal,
): Promise<ReplySink> {
  const { calls, clock } = tools;
  if (cardId !== undefined) {
    const createdAt = clock.now().getTime();
    return createCardReply({ ...tools, handle: { kind: 'card', cardId, messageId, chatId, createdAt } });
  }
  const { items } = await calls.getMessage(messageId, signal);
  return isInteractive(items[0])
    ? createMessageReply({ ...tools, handle: { kind: 'message', messageId, chatId }, level: 'full' })
    : createSentReply({ kind: 'post', messageId, chatId });
}

function isInteractive(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'msg_type' in item && item.msg_type === 'interactive';
}
