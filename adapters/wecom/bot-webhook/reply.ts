import type { Adapter } from '../../../src/contract/adapter.ts';
import type { ReplyOutcome, ReplySink } from '../../../src/contract/reply.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { endContent, endLines, MAX_BOT_CONTENT_BYTES, streamEnd } from '../content.ts';
import { abortedUnderWay } from '../api.ts';
import { remainder } from '../remainder.ts';
import { splitMarkdown } from '../split.ts';
import { words } from '../words.ts';
import { noRoom, type Responses } from './response.ts';
import type { Stream, Streams } from './streams.ts';
import {
  mintHandle,
  readAddress,
  readHandle,
  readTarget,
  type WebhookHandle,
  type WebhookTarget,
} from './types.ts';

export type WebhookReplyTools = {
  readonly streams: Streams;
  readonly responses: Responses;
  /** Gives a welcome to the event it answers; rejects when that waits no more. */
  readonly welcome: (msgid: string, text: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the adapter stops. */
  readonly stopped: AbortSignal;
};

/** WeCom asks about once a second; for so long the end of a reply waits to be fetched. */
const FETCH_WAIT_MS = 3_000;
/** WeCom asks for six minutes after the person's message (path 100719), and not afterwards. */
const ASKING_MS = 6 * 60_000;
const OVERHEAD_BYTES = Buffer.byteLength(`\n\n${words.noMoreRoom}`) + 16;

/** The half of the adapter that shows replies. */
export function createWebhookReplies(
  tools: WebhookReplyTools,
): Pick<Adapter, 'openReply' | 'resumeReply' | 'addressOf' | 'addressOfGroup' | 'send'> {
  return {
    async openReply({ target, first, key, whole }, signal) {
      const found = readTarget(target);
      const stream = tools.streams.open(found.streamId, found.receivedAt);
      stream.key ??= key;
      const sink = stream.key === key ? streamReply(tools, found, stream, key) : responseReply(tools, found);
      if (whole === undefined) await sink.update(() => first, 'first', signal);
      else await sink.close({ status: whole, snapshot: first }, signal);
      return sink;
    },
    async resumeReply(stored) {
      const handle = readHandle(stored);
      if (handle.kind === 'closed') return fixedReply(handle);
      if (handle.kind === 'response') return responseReply(tools, handle);
      const { key, streamId, receivedAt } = handle;
      const stream = tools.streams.open(streamId, receivedAt);
      stream.key ??= key;
      return streamReply(tools, handle, stream, key);
    },
    // A webhook answers; it cannot begin.
    addressOf: () => undefined,
    addressOfGroup: () => undefined,
    async send(to, content) {
      tools.welcome(readAddress(to), endContent(content, true));
    },
  };
}

/** A reply in the bubble that WeCom refreshes: every operation only changes what it will be answered next. */
function streamReply(
  tools: WebhookReplyTools,
  target: WebhookTarget,
  stream: Stream,
  key: string,
): ReplySink {
  const { clock, log, stopped } = tools;
  let closed = false;

  /** The further message takes what the bubble could not show. */
  async function sendRest({ snapshot, status }: ReplyOutcome, signal: AbortSignal): Promise<void> {
    const markdown = remainder(stream.shown(), snapshot.markdown);
    if (markdown.trim() === '' && endLines(snapshot, true) === '') return;
    await sendFurther(tools, target, { status, snapshot: { ...snapshot, markdown } }, signal);
  }

  const askingLeftMs = (): number => target.receivedAt + ASKING_MS - clock.now().getTime();

  /** Waits for the end to be fetched as long as WeCom asks at all; nobody waits for this. */
  async function watch(outcome: ReplyOutcome): Promise<void> {
    await stream.until(stream.taken, askingLeftMs(), stopped);
    if (stream.taken() || stopped.aborted) return;
    await sendRest(outcome, stopped);
  }

  /** A bubble that is not fetched at once may still be, for minutes: the next question is not kept waiting so long. */
  async function handOver(outcome: ReplyOutcome, signal: AbortSignal): Promise<void> {
    stream.end(streamEnd(outcome.snapshot));
    await stream.until(stream.taken, Math.min(FETCH_WAIT_MS, askingLeftMs()), signal);
    if (stream.taken()) return;
    if (signal.aborted) throw abortedUnderWay('stream');
    if (askingLeftMs() <= 0) return sendRest(outcome, signal);
    watch(outcome).catch((error: unknown) => {
      log.error({ error }, 'an answer that was not fetched could not be sent either');
    });
  }

  return {
    get handle() {
      return mintHandle(closed ? { kind: 'closed' } : { ...target, kind: 'stream', key });
    },
    async update(latest) {
      if (!closed) stream.show(latest());
    },
    async close(outcome, signal) {
      if (closed) return;
      if (stream.state() === 'sealed') await sendRest(outcome, signal);
      else if (!stream.taken()) await handOver(outcome, signal);
      closed = true;
    },
  };
}

/** A reply beside the bubble: one message, once it is whole. */
function responseReply(tools: WebhookReplyTools, target: WebhookTarget): ReplySink {
  if (!tools.responses.available(target)) throw noRoom();
  let closed = false;
  return {
    get handle() {
      return mintHandle(closed ? { kind: 'closed' } : { ...target, kind: 'response' });
    },
    update: async () => undefined,
    async close(outcome, signal) {
      if (closed) return;
      await sendFurther(tools, target, outcome, signal);
      closed = true;
    },
  };
}

/** What even this message cannot hold is left out, and said so. */
async function sendFurther(
  { responses }: WebhookReplyTools,
  target: WebhookTarget,
  { snapshot, status }: ReplyOutcome,
  signal: AbortSignal,
): Promise<void> {
  const content = endContent(snapshot, true);
  const fits = Buffer.byteLength(content) <= MAX_BOT_CONTENT_BYTES && status !== 'continued';
  const [first = content] = fits ? [content] : splitMarkdown(content, MAX_BOT_CONTENT_BYTES - OVERHEAD_BYTES);
  await responses.send(target, fits ? content : `${first}\n\n${words.noMoreRoom}`, signal);
}

function fixedReply(handle: WebhookHandle): ReplySink {
  return { handle: mintHandle(handle), update: async () => undefined, close: async () => undefined };
}
