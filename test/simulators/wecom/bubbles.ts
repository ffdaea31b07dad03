import type { JsonObject } from '../feishu/json.ts';
import type { Callback } from './callback.ts';
import type { Platform } from './platform.ts';
import type { CardReply, StreamReply } from './reply-content.ts';
import { createStreamHistory } from './stream-history.ts';
import type { SimChat, SimMessage, SimStream } from './world-types.ts';

/** Shows a message of the bot or the app in a chat. */
export function showMessage(
  chat: SimChat,
  message: Pick<SimMessage, 'kind'> &
    Partial<
      Pick<
        SimMessage,
        'messageId' | 'text' | 'card' | 'media' | 'feedbackId' | 'quotedId' | 'answersId' | 'cut'
      >
    >,
  platform: Platform,
): SimMessage {
  const { ids, world, changes } = platform;
  const added = world.addMessage({
    messageId: ids.messageId(),
    chatId: chat.chatId,
    sender: { type: 'bot' },
    createdMs: platform.now(),
    ...message,
  });
  changes.emit({ type: 'message-created', messageId: added.messageId, chatId: chat.chatId });
  return added;
}

export function showCard(
  chat: SimChat,
  { json, feedbackId }: CardReply,
  answersId: string | undefined,
  platform: Platform,
): SimMessage {
  const card = { json, earlier: [] };
  return showMessage(chat, { kind: 'template_card', card, feedbackId, answersId }, platform);
}

/** Replaces a shown card. */
export function replaceCard(message: SimMessage, json: JsonObject, platform: Platform): void {
  const earlier = message.card === undefined ? [] : [...message.card.earlier, message.card.json];
  message.card = { json: structuredClone(json), earlier };
  announce(message, platform);
}

/** Opens the bubble of a stream, or replaces what it shows. The caller has checked that it may still change. */
export function showStream(callback: Callback, reply: StreamReply, platform: Platform): SimMessage {
  const { chat, streams, messageId } = callback;
  const existing = streams.get(reply.streamId);
  const bubble = existing ?? openStream(callback, reply, platform);
  const { stream } = bubble;
  if (stream === undefined) throw new Error(`the answer to ${messageId} in ${chat.chatId} is no stream`);
  const nowMs = platform.now();
  const content = reply.content ?? stream.content;
  stream.history.record(nowMs, stream.content, content, reply.finish);
  stream.content = content;
  stream.lastMs = nowMs;
  bubble.media.push(...reply.items);
  if (reply.finish) {
    stream.state = 'finished';
    stream.finishedMs = nowMs;
  }
  announce(bubble, platform);
  return bubble;
}

/** Its life is over: it stays as it is. */
export function expireStream(bubble: SimMessage, platform: Platform): void {
  if (bubble.stream?.state !== 'streaming') return;
  bubble.stream.state = 'expired';
  announce(bubble, platform);
}

function openStream(callback: Callback, reply: StreamReply, platform: Platform): SimMessage {
  const nowMs = platform.now();
  const { detail, capacity } = platform.history;
  const stream: SimStream = {
    streamId: reply.streamId,
    startedMs: nowMs,
    lastMs: nowMs,
    content: '',
    state: 'streaming',
    finishedMs: undefined,
    history: createStreamHistory(detail, capacity),
  };
  const { ids, world, changes } = platform;
  const bubble = world.addMessage({
    messageId: ids.messageId(),
    chatId: callback.chat.chatId,
    sender: { type: 'bot' },
    kind: 'stream',
    createdMs: nowMs,
    stream,
    answersId: callback.messageId,
    feedbackId: reply.feedbackId,
  });
  callback.streams.set(reply.streamId, bubble);
  changes.emit({ type: 'message-created', messageId: bubble.messageId, chatId: bubble.chatId });
  return bubble;
}

function announce({ messageId, chatId }: SimMessage, { changes }: Platform): void {
  changes.emit({ type: 'message-changed', messageId, chatId });
}
