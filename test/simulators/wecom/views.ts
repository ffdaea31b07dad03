import { splitThinking } from './thinking.ts';
import type { StreamChange } from './stream-history.ts';
import type { SimCard, SimMedia, SimMessage, SimStream } from './world-types.ts';

/** A streamed bubble as it is visible now. */
export type StreamView = {
  readonly streamId: string;
  readonly content: string;
  /** The folded section; unclosed while the answer has not begun. */
  readonly thinking: string;
  readonly answer: string;
  readonly bytes: number;
  /** `expired`: the platform takes no more updates, and the bubble never finished. */
  readonly state: SimStream['state'];
  readonly startedMs: number;
  readonly finishedMs: number | undefined;
  readonly history: readonly StreamChange[];
  /** Updates that were no extension of what was shown before. */
  readonly redraws: number;
};

/** A message as a person sees it. */
export type MessageView = {
  readonly messageId: string;
  readonly chatId: string;
  /** `bot`: the AI bot, or in an `app` chat the self-built app. */
  readonly from:
    { readonly kind: 'bot' } | { readonly kind: 'user'; readonly userId: string; readonly name: string };
  /** `text`, `mixed`, `stream`, `markdown`, `template_card`, `image`, … */
  readonly kind: string;
  /** What is read: of a stream its answer without the thinking. */
  readonly text: string;
  readonly createdMs: number;
  readonly state: SimMessage['state'];
  readonly quotedId: string | undefined;
  readonly answersId: string | undefined;
  /** WeCom cut the text at its limit. */
  readonly cut: boolean;
  readonly stream: StreamView | undefined;
  readonly card: SimCard | undefined;
  readonly media: readonly SimMedia[];
  /** Thumbs are offered: the reply carried a feedback id. */
  readonly rateable: boolean;
};

export function viewMessage(message: SimMessage): MessageView {
  const { sender, stream, card } = message;
  const shown = stream === undefined ? undefined : viewStream(stream);
  return {
    messageId: message.messageId,
    chatId: message.chatId,
    from:
      sender.type === 'bot'
        ? { kind: 'bot' }
        : { kind: 'user', userId: sender.user.userId, name: sender.user.name },
    kind: message.kind,
    text: shown?.answer ?? message.text,
    createdMs: message.createdMs,
    state: message.state,
    quotedId: message.quotedId,
    answersId: message.answersId,
    cut: message.cut,
    stream: shown,
    card: card === undefined ? undefined : structuredClone(card),
    media: [...message.media],
    rateable: message.feedbackId !== undefined,
  };
}

function viewStream(stream: SimStream): StreamView {
  const { streamId, content, state, startedMs, finishedMs, history } = stream;
  return {
    streamId,
    content,
    ...splitThinking(content),
    bytes: Buffer.byteLength(content),
    state,
    startedMs,
    finishedMs,
    history: history.changes(),
    redraws: history.redraws(),
  };
}
