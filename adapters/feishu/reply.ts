import type { Address, ChatKey, PersonKey, ReplyHandle } from '../../src/contract/ids.ts';
import type { ReplyOpening, ReplySink, Snapshot } from '../../src/contract/reply.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import type { FeishuCalls } from './calls.ts';
import { buildCard, cardJson } from './card.ts';
import { address } from './decode/ids.ts';
import { createCardReply } from './reply-card.ts';
import { readAddress, readHandle } from './reply-handle.ts';
import { createMessageReply } from './reply-message.ts';
import { openCard, openMessage, openUnsent, openWhole } from './reply-open.ts';
import type { CardKitGate, ReplyTools } from './reply-open.ts';
import { fromLevel } from './reply-outcome.ts';
import { createSentReply, createUnsentReply, sendPost } from './reply-post.ts';
import { mayTryOtherKind } from './reply-refusals.ts';

export type FeishuRepliesOptions = {
  readonly calls: FeishuCalls;
  readonly clock: Clock;
  /** A fresh RFC 4122 identifier. */
  readonly uuid: () => string;
  readonly log: Logger;
};

/** The half of the adapter that shows replies; its functions are as the contract's `Adapter` has them. */
export type FeishuReplies = {
  openReply(opening: ReplyOpening, signal: AbortSignal): Promise<ReplySink>;
  resumeReply(handle: ReplyHandle, signal: AbortSignal): Promise<ReplySink>;
  addressOf(person: PersonKey): Address;
  addressOfGroup(chat: ChatKey): Address;
  send(to: Address, content: Snapshot, key: string, signal: AbortSignal): Promise<void>;
};

export function createFeishuReplies(options: FeishuRepliesOptions): FeishuReplies {
  const tools: ReplyTools = { ...options, cardKit: createCardKitGate(options.clock) };
  return {
    openReply(opening, signal) {
      if (opening.whole === undefined) return openLive(tools, opening, signal);
      return openWhole(tools, opening, { status: opening.whole, snapshot: opening.first }, signal);
    },
    resumeReply: async (handle) => resume(tools, handle),
    addressOf: (openId) => address({ openId }),
    addressOfGroup: (chatId) => address({ chatId }),
    send: (to, content, key, signal) => sendTo(tools, to, content, key, signal),
  };
}

/** Goes down the ladder: the next kind is tried only when the one before was certainly not sent. */
async function openLive(tools: ReplyTools, opening: ReplyOpening, signal: AbortSignal): Promise<ReplySink> {
  const ways = tools.cardKit.mayTry() ? [openCard, openMessage] : [openMessage];
  for (const open of ways) {
    try {
      return await open(tools, opening, signal);
    } catch (error) {
      if (!mayTryOtherKind(error)) throw error;
      tools.log.warn({ error }, 'one kind of reply was refused; the next one is tried');
    }
  }
  return openUnsent(tools, opening);
}

function resume(tools: ReplyTools, stored: ReplyHandle): ReplySink {
  const handle = readHandle(stored);
  switch (handle.kind) {
    case 'card':
      return createCardReply({ ...tools, handle });
    case 'message':
      return createMessageReply({ ...tools, handle, level: 'full' });
    case 'unsent':
      return createUnsentReply(tools.calls, handle);
    case 'post':
      return createSentReply(handle);
  }
}

async function sendTo(
  { calls, log }: ReplyTools,
  to: Address,
  content: Snapshot,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const receiver = readAddress(to);
  const context = { urgency: 'background' } as const;
  try {
    await fromLevel('full', (level) => {
      const card = cardJson(buildCard(content, level, false), false);
      return calls.send(receiver, { msgType: 'interactive', content: card, uuid: key }, context, signal);
    });
  } catch (error) {
    if (!mayTryOtherKind(error)) throw error;
    log.warn({ error }, 'a card was refused; the message goes out as a post');
    await sendPost(content, key, (message) => calls.send(receiver, message, context, signal));
  }
}

// A permission is granted by hand and only with the app's next version; asking each time would cost every reply a call.
const REFUSAL_REMEMBERED_MS = 5 * 60_000;

function createCardKitGate(clock: Clock): CardKitGate {
  let refusedAt = -Infinity;
  return {
    refused() {
      refusedAt = clock.now().getTime();
    },
    mayTry: () => clock.now().getTime() - refusedAt >= REFUSAL_REMEMBERED_MS,
  };
}
