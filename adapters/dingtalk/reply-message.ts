import { AdapterError } from '../../src/contract/errors.ts';
import type { ReplyOutcome, ReplySink, Snapshot } from '../../src/contract/reply.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { cannot } from './api.ts';
import { endSnapshot } from './card.ts';
import { replyHandle } from './decode/ids.ts';
import { factMarkdown } from './facts.ts';
import type { CallContext, DingTalkOperations, MarkdownMessage } from './operations.ts';
import { renderDingTalkMarkdown } from './render.ts';
import type { ShownMemory } from './shown-memory.ts';
import { tablesAsLists } from './table-lists.ts';
import type { DingTalkReplyTarget } from './types.ts';

export type MessageTools = {
  readonly operations: Pick<DingTalkOperations, 'sendBySession' | 'sendToGroup' | 'sendToPerson'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly shown: ShownMemory;
  /** Checked again when it is used: what is stored may be older than what is configured. */
  readonly allowsSession: (url: string) => boolean;
};

/** A call may wait for its turn and travel that long. */
const SESSION_MARGIN_MS = 30_000;
/** What a notification and the chat list show. */
const TITLE_CHARACTERS = 40;
/** Group messages: `msgParam` of at most 15,000 bytes. */
const MAX_PARAMETER_BYTES = 14_800;

/** A snapshot as one Markdown message. */
export function markdownMessage({
  markdown,
  notice,
  footer,
  facts = [],
  preview,
}: Snapshot): MarkdownMessage {
  const parts = [
    tablesAsLists(markdown, true),
    ...facts.map(factMarkdown),
    renderDingTalkMarkdown(notice ?? '', true),
    renderDingTalkMarkdown(footer ?? '', true),
  ];
  const text = parts.filter((part) => part.trim() !== '').join('\n\n') || '…';
  const title = Array.from(preview.replace(/\s+/g, ' ').trim()).slice(0, TITLE_CHARACTERS).join('') || '…';
  return fitting({ title, text });
}

/**
 * Sends a message once, by the session webhook while that lives (it costs nothing of the month's quota), otherwise by
 * the robot's API. The second way is tried only when the first certainly sent nothing.
 */
export async function sendMarkdown(
  tools: MessageTools,
  target: DingTalkReplyTarget,
  message: MarkdownMessage,
  context: CallContext,
): Promise<void> {
  const { operations, log, shown } = tools;
  const session = usableSession(tools, target);
  if (session !== undefined) {
    try {
      return await operations.sendBySession(session, target.conversationId, message, context);
    } catch (error) {
      if (!mayTryRobot(error, target)) throw error;
      log.info({ error }, 'the session webhook did not take a message; the robot sends it');
    }
  }
  const sent = await sendByRobot(tools, target, message, context);
  shown.remember(sent.processQueryKey, message.text);
}

function sendByRobot(
  { operations }: MessageTools,
  target: DingTalkReplyTarget,
  message: MarkdownMessage,
  context: CallContext,
): Promise<{ readonly processQueryKey: string | undefined }> {
  const { kind, staffId, robotCode } = target;
  if (kind === 'group') return operations.sendToGroup(target, message, context);
  // People from outside have no user id, and the robot knows people by nothing else.
  if (staffId === undefined) return Promise.reject(cannot('target-gone', 'no senderStaffId'));
  return operations.sendToPerson(staffId, robotCode, message, context);
}

/** A reply that is sent when it is whole. Nothing is shown before: a message can neither grow nor be followed up. */
export function createUnsentReply(tools: MessageTools, target: DingTalkReplyTarget, key: string): ReplySink {
  const sendOnce = createSingleSend(tools, target);
  let handle = replyHandle({ kind: 'unsent', target, key });
  return {
    /** Stored again with the end, so that a successor does not send it once more. */
    get handle() {
      return handle;
    },
    update: () => Promise.resolve(),
    async close(outcome, signal) {
      await sendOnce(outcome, { urgency: 'final', signal });
      handle = replyHandle({ kind: 'sent' });
    },
  };
}

/** A message that was sent: it can no longer be changed. */
export function createSentReply(): ReplySink {
  return {
    handle: replyHandle({ kind: 'sent' }),
    update: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/**
 * Sends the end of a reply at most once. DingTalk has no idempotency key for messages, so one that may have got through
 * is not sent again: a lost answer can be asked for again, one shown twice cannot be taken back.
 */
export function createSingleSend(
  tools: MessageTools,
  target: DingTalkReplyTarget,
): (outcome: ReplyOutcome, context: CallContext) => Promise<void> {
  let state: 'unsent' | 'sent' | 'perhaps' = 'unsent';
  return async (outcome, context) => {
    if (state === 'perhaps') tools.log.warn({}, 'a message that may have been sent is not sent again');
    if (state !== 'unsent') return;
    try {
      await sendMarkdown(tools, target, markdownMessage(endSnapshot(outcome)), context);
      state = 'sent';
    } catch (error) {
      if (error instanceof AdapterError && error.sent === 'maybe') state = 'perhaps';
      throw error;
    }
  };
}

function usableSession(
  { clock, allowsSession }: MessageTools,
  { session }: DingTalkReplyTarget,
): string | undefined {
  if (session === undefined || !allowsSession(session.url)) return undefined;
  return session.expiresAt - clock.now().getTime() > SESSION_MARGIN_MS ? session.url : undefined;
}

function mayTryRobot(error: unknown, { kind, staffId }: DingTalkReplyTarget): boolean {
  if (!(error instanceof AdapterError) || error.sent === 'maybe') return false;
  if (kind === 'direct' && staffId === undefined) return false;
  return error.code !== 'content-rejected' && error.code !== 'aborted';
}

/** The core splits answers by size; what is beside the text is cut should it be too much after all. */
function fitting({ title, text }: MarkdownMessage): MarkdownMessage {
  let fit = text;
  while (Buffer.byteLength(JSON.stringify({ title, text: fit })) > MAX_PARAMETER_BYTES) {
    fit = `${fit.slice(0, Math.floor(fit.length * 0.9)).toWellFormed()}…`;
  }
  return { title, text: fit };
}
