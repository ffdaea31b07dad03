import type { CallUrgency } from '../../src/contract/budget.ts';
import type { FeishuAddress } from './types.ts';

/** How one call stands in the budget. `card` and `chat` are given where the platform counts by them. */
export type CallContext = { readonly urgency: CallUrgency; readonly card?: string; readonly chat?: string };

/** One operation on a card. `sequence` rises strictly over all operations of a card; `uuid` is equal for every retry. */
export type CardOperation = { readonly cardId: string; readonly sequence: number; readonly uuid: string };

export type SentMessage = { readonly messageId: string; readonly chatId: string; readonly threadId?: string };

export type OutgoingMessage = {
  readonly msgType: 'interactive' | 'post' | 'text';
  /** The JSON string the platform wants in `content`. */
  readonly content: string;
  /** At most 50 characters; the same uuid leads to at most one message within an hour. */
  readonly uuid: string;
};

/** A message as `GET /im/v1/messages/:id` gives it: `items[0]` is the message itself, further ones are children. */
export type FetchedMessage = { readonly items: readonly unknown[] };

/**
 * Every platform call the adapter makes, one function each. Each waits for the call budget, sends, checks the body's
 * `code` also under HTTP 200, and rejects with `AdapterError` only. Functions that take `() => string` call it once, at
 * the moment the call leaves, so that the newest text travels.
 *
 * Platform codes the callers must tell apart travel in `AdapterError.platformCode` as decimal digits: for 230099 the
 * sub-code follows after a slash (`230099/11310`).
 */
export type FeishuCalls = {
  createCard(
    cardJson: string,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<{ readonly cardId: string }>;
  /** `PUT …/elements/:id/content`: the whole text so far of one element. */
  putText(
    operation: CardOperation,
    elementId: string,
    text: () => string,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<void>;
  /** `PATCH …/settings`: the `settings` JSON string. */
  patchSettings(
    operation: CardOperation,
    settings: string,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<void>;
  /** `PUT …/cards/:id`: the whole card. */
  putCard(
    operation: CardOperation,
    cardJson: () => string,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<void>;
  /** `POST …/batch_update`: `actions` JSON string. */
  batchUpdate(
    operation: CardOperation,
    actions: () => string,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<void>;
  /** `POST …/id_convert`: the card a message shows. */
  cardOfMessage(
    messageId: string,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<{ readonly cardId: string }>;
  reply(
    messageId: string,
    message: OutgoingMessage,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<SentMessage>;
  send(
    to: FeishuAddress,
    message: OutgoingMessage,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<SentMessage>;
  /** `PATCH /im/v1/messages/:id`: a plain interactive card's content. */
  patchMessage(
    messageId: string,
    content: () => string,
    context: CallContext,
    signal: AbortSignal,
  ): Promise<void>;
  getMessage(messageId: string, signal: AbortSignal): Promise<FetchedMessage>;
};
