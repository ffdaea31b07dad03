import { createHash } from 'node:crypto';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Address, ChatKey, PersonKey, ReplyHandle } from '../../src/contract/ids.ts';
import type { ReplyOpening, ReplySink, Snapshot } from '../../src/contract/reply.ts';
import { invalidReference } from './api.ts';
import { endSnapshot, variablesOf } from './card.ts';
import { address, readHandle, readTarget } from './decode/ids.ts';
import type { DingTalkOperations } from './operations.ts';
import { createCardReply, type CardTools } from './reply-card.ts';
import { createSentReply, createUnsentReply, markdownMessage, sendMarkdown } from './reply-message.ts';
import { createRecentKeys, type RecentKeys } from '../shared/recent-keys.ts';
import type { DingTalkReplyTarget } from './types.ts';

export type RepliesOptions = CardTools & {
  readonly operations: DingTalkOperations;
  readonly clientId: string;
  readonly templateId: string | undefined;
  /** Whether presses of buttons can come back: over Stream only. */
  readonly callbacks: boolean;
};

/** The half of the adapter that shows replies; its functions are as the contract's `Adapter` has them. */
export type DingTalkReplies = {
  openReply(opening: ReplyOpening, signal: AbortSignal): Promise<ReplySink>;
  resumeReply(handle: ReplyHandle, signal: AbortSignal): Promise<ReplySink>;
  addressOf(person: PersonKey): Address | undefined;
  addressOfGroup(chat: ChatKey): Address;
  send(to: Address, content: Snapshot, key: string, signal: AbortSignal): Promise<void>;
};

/**
 * Messages that may have been sent although no answer came; the core repeats such a call within minutes. DingTalk has no
 * idempotency key for them.
 */
const PERHAPS_SENT_CAPACITY = 1_000;

export function createDingTalkReplies(options: RepliesOptions): DingTalkReplies {
  const perhaps = createRecentKeys(PERHAPS_SENT_CAPACITY);
  return {
    async openReply(opening, signal) {
      const target = readTarget(opening.target);
      if (target === undefined) throw invalidReference('reply target');
      if (opening.whole === undefined) return openLive(options, opening, target, signal);
      return openWhole(options, perhaps, opening, target, signal);
    },
    async resumeReply(stored) {
      const handle = readHandle(stored);
      if (handle === undefined) throw invalidReference('reply handle');
      if (handle.kind === 'card') return createCardReply(options, handle);
      return handle.kind === 'sent'
        ? createSentReply()
        : createUnsentReply(options, handle.target, handle.key);
    },
    // A user id is enough to write to a person; the encrypted id of one from outside (`$:LWCP_…`) is not.
    addressOf: (person) =>
      person.startsWith('$:')
        ? undefined
        : address({ conversationId: person, kind: 'direct', staffId: person, robotCode: options.clientId }),
    // `groupMessages/send` takes the conversationId of messages as its openConversationId.
    addressOfGroup: (chat) => address({ conversationId: chat, kind: 'group', robotCode: options.clientId }),
    async send(to, content, key, signal) {
      const target = readTarget(to);
      if (target === undefined) throw invalidReference('address');
      await sendOnce(options, perhaps, key, target, content, 'background', signal);
    },
  };
}

/** In a card where there can be one, otherwise not before the answer is whole. */
async function openLive(
  options: RepliesOptions,
  opening: ReplyOpening,
  target: DingTalkReplyTarget,
  signal: AbortSignal,
): Promise<ReplySink> {
  if (!canHaveCard(options, target)) return createUnsentReply(options, target, opening.key);
  try {
    return await openCard(options, opening, target, signal);
  } catch (error) {
    if (!mayTryMessage(error)) throw error;
    options.gate.refused(error);
    options.log.warn({ error }, 'a card was refused; the answer will come once, as Markdown');
    return createUnsentReply(options, target, opening.key);
  }
}

/**
 * What is whole at once and has no buttons needs no card: one message, outside of the month's quota. Unless an earlier
 * attempt may have opened a card: only opening it again tells, and a message beside it would leave it spinning.
 */
async function openWhole(
  options: RepliesOptions,
  perhaps: RecentKeys,
  opening: ReplyOpening,
  target: DingTalkReplyTarget,
  signal: AbortSignal,
): Promise<ReplySink> {
  const { first, whole: status = 'complete', key } = opening;
  const snapshot = endSnapshot({ status, snapshot: first });
  const pressable = options.callbacks && (snapshot.buttons ?? []).length > 0;
  if ((pressable || opening.maybeSent) && canHaveCard(options, target)) {
    const sink = await openLive(options, { ...opening, first: snapshot }, target, signal);
    await sink.close({ status, snapshot: first }, signal);
    return sink;
  }
  await sendOnce(options, perhaps, key, target, snapshot, 'first', signal);
  return createSentReply();
}

async function openCard(
  options: RepliesOptions,
  { first, key }: ReplyOpening,
  target: DingTalkReplyTarget,
  signal: AbortSignal,
): Promise<ReplySink> {
  const { operations, presses, templateId = '', callbacks, clientId } = options;
  const outTrackId = trackIdOf(clientId, target, key);
  const variables = variablesOf(first, false);
  presses.show(outTrackId, target, first.buttons ?? []);
  try {
    const { carrierId } = await operations.deliverCard(
      { outTrackId, templateId, target, variables: { content: '', ...variables }, callbacks },
      { urgency: 'first', signal },
    );
    const handle = {
      kind: 'card',
      outTrackId,
      target,
      ...(carrierId === undefined ? {} : { carrierId }),
    } as const;
    return createCardReply(options, handle, variables);
  } catch (error) {
    if (!(error instanceof AdapterError) || error.platformCode !== 'param.cardAlreadyExist') throw error;
    // An earlier attempt got through, whose answer was lost: what it shows by now is not known.
    return createCardReply(options, { kind: 'card', outTrackId, target });
  }
}

/** Equal for every attempt to open one reply, so that an attempt that got through is found again. */
function trackIdOf(clientId: string, { conversationId }: DingTalkReplyTarget, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([clientId, conversationId, key]))
    .digest('hex');
  return `qwen-${digest.slice(0, 40)}`;
}

async function sendOnce(
  options: RepliesOptions,
  perhaps: RecentKeys,
  key: string,
  target: DingTalkReplyTarget,
  content: Snapshot,
  urgency: 'first' | 'background',
  signal: AbortSignal,
): Promise<void> {
  if (perhaps.has(key)) {
    options.log.warn({ key }, 'a message that may have been sent is not sent again');
    return;
  }
  try {
    await sendMarkdown(options, target, markdownMessage(content), { urgency, signal });
  } catch (error) {
    if (error instanceof AdapterError && error.sent === 'maybe') perhaps.add(key);
    throw error;
  }
}

/** In direct chats cards go to user ids, which people from outside the organisation do not have. */
function canHaveCard({ gate, templateId }: RepliesOptions, { kind, staffId }: DingTalkReplyTarget): boolean {
  return templateId !== undefined && gate.isOpen() && (kind === 'group' || staffId !== undefined);
}

/** Certainly nothing was shown, and it is neither a matter of waiting nor of the chat. */
function mayTryMessage(error: unknown): error is AdapterError {
  if (!(error instanceof AdapterError) || error.sent === 'maybe') return false;
  return ['forbidden', 'unsupported', 'invalid', 'too-large', 'reply-closed', 'quota-exhausted'].includes(
    error.code,
  );
}
