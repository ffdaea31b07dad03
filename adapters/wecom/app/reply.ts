import type { Adapter } from '../../../src/contract/adapter.ts';
import type { CallUrgency } from '../../../src/contract/budget.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { Json, ReplyHandle } from '../../../src/contract/ids.ts';
import type { ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { read, readNumber, readText } from '../../shared/json.ts';
import { invalidReference } from '../api.ts';
import { endContent } from '../content.ts';
import { address, replyHandle } from '../ids.ts';
import { splitMarkdown } from '../split.ts';
import type { AppCalls } from './calls.ts';
import { MAX_MESSAGE_BYTES } from './capabilities.ts';
import { MARK_BYTES, markOf } from './mark.ts';
import type { Repeats } from './repeats.ts';

export type AppReplyTools = {
  readonly calls: AppCalls;
  readonly repeats: Repeats;
  readonly clock: Clock;
  readonly log: Logger;
};

/** So long a person waits without a word before they wonder whether anybody has heard them. */
const STILL_WORKING_AFTER_MS = 15_000;

/** The end of a reply is sent once; the handle of an ended one says so. */
type AppHandle = {
  readonly userId: string;
  readonly key: string;
  readonly openedAt: number;
  readonly closed: boolean;
  /** Its text ends with a mark of its own; decided once, so that every try sends the same. */
  readonly marked: boolean;
};

/** The half of the adapter that shows replies. */
export function createAppReplies(
  tools: AppReplyTools,
): Pick<Adapter, 'openReply' | 'resumeReply' | 'addressOf' | 'addressOfGroup' | 'send'> {
  return {
    async openReply({ target, first, key, whole }, signal) {
      const openedAt = tools.clock.now().getTime();
      // Also where the opening is repeated, by this process or the next: only the same content is left out as sent before.
      const marked = whole !== undefined;
      const opened = { userId: readUser(target), key, openedAt, closed: false, marked };
      const sink = createAppReply(tools, opened);
      if (whole !== undefined) await sink.close({ status: whole, snapshot: first }, signal);
      return sink;
    },
    // Whoever was told to wait need not be told again at once, and mostly the end comes before they wonder.
    resumeReply: async (handle) =>
      createAppReply(tools, { ...readHandle(handle), openedAt: tools.clock.now().getTime() }),
    addressOf: (userId) => address({ userId }),
    // Groups do not reach an app, and it reaches none.
    addressOfGroup: () => undefined,
    send: (to, content, key, signal) =>
      createSender(tools, { userId: readUser(to), key, marked: false }, 'background').run(content, signal),
  };
}

/**
 * What was sent cannot be changed, so nothing is sent before the end, but for one line when that takes long.
 */
function createAppReply(tools: AppReplyTools, opened: AppHandle): ReplySink {
  const { calls, clock, log } = tools;
  const { userId, openedAt } = opened;
  const sender = createSender(tools, opened, 'final');
  let closed = opened.closed;
  let told = false;

  return {
    get handle() {
      return mintHandle({ ...opened, closed });
    },
    async update(latest, _urgency, signal) {
      if (closed || told || clock.now().getTime() - openedAt < STILL_WORKING_AFTER_MS) return;
      let line: string | undefined;
      const content = (): string | undefined => {
        line ??= latest().progress ?? '';
        return line.trim() === '' ? undefined : line;
      };
      try {
        await calls.sendMarkdown({ userId, content, once: false }, 'live', signal);
        told = content() !== undefined;
      } catch (error) {
        // The end came before its turn.
        if (signal.aborted) throw error;
        told = true; // also when it fails: the answer matters, not this line
        log.warn({ error }, 'the line that says that the answer takes long could not be sent');
      }
    },
    async close({ snapshot }, signal) {
      if (closed) return;
      await sender.run(snapshot, signal);
      closed = true;
    },
  };
}

/** Sends an ended text in as many messages as it takes. A second `run` goes on where the first one failed. */
function createSender(
  { calls, repeats }: AppReplyTools,
  { userId, key, marked }: Pick<AppHandle, 'userId' | 'key' | 'marked'>,
  urgency: CallUrgency,
): { run(snapshot: Snapshot, signal: AbortSignal): Promise<void> } {
  let sent = 0;
  let perhapsSent = false;

  async function send(content: string, name: string, signal: AbortSignal): Promise<void> {
    const claimed = repeats.claim(userId, content, name);
    try {
      // What was perhaps sent goes out again with the check only: better once too few of what stands there already.
      const once = claimed || perhapsSent;
      await calls.sendMarkdown({ userId, content: () => content, once }, urgency, signal);
    } catch (error) {
      perhapsSent ||= error instanceof AdapterError && error.sent === 'maybe';
      if (!perhapsSent) repeats.release(userId, content, name);
      throw error;
    }
    perhapsSent = false;
  }

  return {
    async run(snapshot, signal) {
      const maxBytes = MAX_MESSAGE_BYTES - (marked ? MARK_BYTES : 0);
      for (const [index, text] of splitMarkdown(endContent(snapshot, false), maxBytes).entries()) {
        if (index < sent) continue;
        const name = `${key}.${index}`;
        await send(marked ? text + markOf(name) : text, name, signal);
        sent = index + 1;
      }
    },
  };
}

const mintHandle = (handle: AppHandle): ReplyHandle => replyHandle({ ...handle });

function readHandle(handle: ReplyHandle): AppHandle {
  const key = readText(handle, 'key');
  const openedAt = readNumber(handle, 'openedAt');
  if (key === undefined || openedAt === undefined) throw invalidReference('reply handle');
  const closed = read(handle, 'closed') === true;
  return { userId: readUser(handle), key, openedAt, closed, marked: read(handle, 'marked') === true };
}

function readUser(value: Json): string {
  const userId = readText(value, 'userId');
  if (userId === undefined) throw invalidReference('reply target');
  return userId;
}
