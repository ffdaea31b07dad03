import type { Adapter } from '../../../src/contract/adapter.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { ReplyOpening, ReplySink } from '../../../src/contract/reply.ts';
import { liveContent, MAX_BOT_CONTENT_BYTES, endContent, streamEnd } from '../content.ts';
import { splitMarkdown } from '../split.ts';
import { createClosedReply, createPushReply } from './push-reply.ts';
import { createStreamReply, type StreamTools } from './stream-reply.ts';
import { mintAddress, readAddress, readHandle, readTarget } from './types.ts';

/** A welcome is taken for 5 s after the person came (path 101463); a second is kept for the way. */
const WELCOME_MS = 4_000;

/** The half of the adapter that shows replies. */
export function createBotReplies(
  tools: StreamTools,
): Pick<Adapter, 'openReply' | 'resumeReply' | 'addressOf' | 'addressOfGroup' | 'send'> {
  return {
    openReply: (opening, signal) => open(tools, opening, signal),
    async resumeReply(stored) {
      const handle = readHandle(stored);
      if (handle.kind === 'closed') return createClosedReply();
      return handle.kind === 'push'
        ? createPushReply(tools, handle.chatId)
        : createStreamReply(tools, handle);
    },
    // Pushes to a direct chat go to the userid; WeCom takes them once that person has written to the bot.
    addressOf: (userId) => mintAddress({ chatId: userId, reqId: 'none', cameAt: 0 }),
    addressOfGroup: (chatId) => mintAddress({ chatId, reqId: 'none', cameAt: 0 }),
    async send(to, content, _key, signal) {
      const { chatId, reqId, cameAt } = readAddress(to);
      const text = endContent(content, true);
      if (tools.clock.now().getTime() - cameAt < WELCOME_MS)
        return tools.calls.welcome({ chatId, reqId }, text, signal);
      for (const message of splitMarkdown(text, MAX_BOT_CONTENT_BYTES)) {
        await tools.calls.push(chatId, message, 'background', signal);
      }
    },
  };
}

/** The key names the stream, so an opening that is repeated shows the same bubble. It is also what ratings come with. */
async function open(tools: StreamTools, opening: ReplyOpening, signal: AbortSignal): Promise<ReplySink> {
  const { target, first, key, whole, maybeSent } = opening;
  const { reqId, chatId } = readTarget(target);
  const openedAt = tools.clock.now().getTime();
  const content = (): string => (whole === undefined ? liveContent(first) : streamEnd(first));
  try {
    const frame = { id: key, finish: whole !== undefined, content, feedbackId: key };
    await tools.calls.stream({ reqId, chatId }, frame, 'first', signal);
  } catch (error) {
    if (!(error instanceof AdapterError) || error.code !== 'reply-closed') throw error;
    // An end that got through before closes the stream to this one.
    if (maybeSent && whole !== undefined) return createClosedReply();
    const sink = createPushReply(tools, chatId);
    if (whole !== undefined) await sink.close({ status: whole, snapshot: first }, signal);
    return sink;
  }
  if (whole !== undefined) return createClosedReply();
  return createStreamReply(tools, { kind: 'stream', key, reqId, chatId, openedAt }, first);
}
