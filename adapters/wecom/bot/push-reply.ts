import { AdapterError } from '../../../src/contract/errors.ts';
import type { ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import type { Logger } from '../../../src/contract/runtime.ts';
import { endContent, MAX_BOT_CONTENT_BYTES } from '../content.ts';
import { splitMarkdown } from '../split.ts';
import type { BotCalls } from './calls.ts';
import { mintHandle } from './types.ts';

type PushTools = { readonly calls: BotCalls; readonly log: Logger };

/** Sends an ended text in as many messages as it takes. A second `run` goes on where the first one failed. */
export type Push = { run(snapshot: Snapshot, signal: AbortSignal): Promise<void> };

/**
 * A push has no idempotency key: one that perhaps got through is not repeated, for the person would read it twice.
 */
export function createPush({ calls, log }: PushTools, chatId: string): Push {
  let sent = 0;
  return {
    async run(snapshot, signal) {
      const messages = splitMarkdown(endContent(snapshot, true), MAX_BOT_CONTENT_BYTES);
      for (const message of messages.slice(sent)) {
        try {
          await calls.push(chatId, message, 'final', signal);
        } catch (error) {
          if (!(error instanceof AdapterError) || error.sent === 'no') throw error;
          log.warn({ error }, 'a message was perhaps not delivered');
        }
        sent += 1;
      }
    },
  };
}

/** A reply whose callback takes no stream any more: it is pushed once it is whole. */
export function createPushReply(tools: PushTools, chatId: string): ReplySink {
  const push = createPush(tools, chatId);
  let closed = false;
  return {
    get handle() {
      return mintHandle(closed ? { kind: 'closed' } : { kind: 'push', chatId });
    },
    update: async () => undefined,
    async close({ snapshot }, signal) {
      if (closed) return;
      await push.run(snapshot, signal);
      closed = true;
    },
  };
}

/** A reply of which the end is shown: the platform lets nobody change it. */
export function createClosedReply(): ReplySink {
  return {
    handle: mintHandle({ kind: 'closed' }),
    update: async () => undefined,
    close: async () => undefined,
  };
}
