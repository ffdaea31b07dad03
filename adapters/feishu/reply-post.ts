import type { ReplySink, Snapshot } from '../../src/contract/reply.ts';
import type { FeishuCalls, OutgoingMessage, SentMessage } from './calls.ts';
import { factMarkdown } from './card-facts.ts';
import { mintHandle } from './reply-handle.ts';
import type { UnsentHandle } from './reply-handle.ts';
import { endSnapshot } from './reply-outcome.ts';
import { mayTryOtherKind } from './reply-refusals.ts';
import { renderFeishuMarkdown } from './render.ts';
import type { FeishuReplyHandle } from './types.ts';

const MAX_FACT_ROWS = 30;

/** A snapshot as one Markdown text, for where there is no card: without reasoning and buttons. */
export function postMarkdown({ markdown, notice, footer, facts = [] }: Snapshot): string {
  const parts = [
    markdown,
    ...facts.map((fact) => factMarkdown(fact, MAX_FACT_ROWS)),
    renderFeishuMarkdown(notice ?? '', true, 0),
    renderFeishuMarkdown(footer ?? '', true, 0),
  ];
  return parts.filter((part) => part.trim() !== '').join('\n\n') || '…';
}

/** Sends a snapshot as a post, which shows Markdown, or as text where posts are refused. */
export async function sendPost(
  snapshot: Snapshot,
  key: string,
  send: (message: OutgoingMessage) => Promise<SentMessage>,
): Promise<SentMessage> {
  const text = postMarkdown(snapshot);
  // The `md` element must have its paragraph to itself. The locale only names the variant; there is no other.
  const content = [[{ tag: 'md', text }]];
  try {
    return await send({
      msgType: 'post',
      content: JSON.stringify({ zh_cn: { title: '', content } }),
      uuid: key,
    });
  } catch (error) {
    if (!mayTryOtherKind(error)) throw error;
    return send({ msgType: 'text', content: JSON.stringify({ text }), uuid: key });
  }
}

/**
 * A reply that is sent when it is whole, as a post that answers the question. Nothing is shown before, since a post
 * could not grow and a second message must not follow. The key makes a repeated end the same message, for an hour.
 */
export function createUnsentReply(calls: FeishuCalls, handle: UnsentHandle): ReplySink {
  let closed = false;
  return {
    handle: mintHandle(handle),
    update: () => Promise.resolve(),
    async close(outcome, signal) {
      if (closed) return;
      const context = { urgency: 'final', chat: handle.chatId } as const;
      await sendPost(endSnapshot(outcome), handle.key, (message) =>
        calls.reply(handle.messageId, message, context, signal),
      );
      closed = true;
    },
  };
}

/** A post or text that was sent: it can no longer be changed. */
export function createSentReply(handle: FeishuReplyHandle): ReplySink {
  return { handle: mintHandle(handle), update: () => Promise.resolve(), close: () => Promise.resolve() };
}
