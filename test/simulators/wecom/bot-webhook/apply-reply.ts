import { stringOf, type JsonObject } from '../../feishu/json.ts';
import { replaceCard, showCard, showMessage, showStream } from '../bubbles.ts';
import type { Callback } from '../callback.ts';
import type { CallNotes } from '../calls.ts';
import { invalidParameter, WeComFault } from '../fault.ts';
import type { Platform } from '../platform.ts';
import { cardReply, requiredObject, streamReply } from '../reply-content.ts';
import type { SimMessage } from '../world-types.ts';

/** What a reply answers: a callback, or the refresh of one of its streams. */
export type Asked = { readonly callback: Callback; readonly refreshed: string | undefined };

/** Shows a passive reply; gives the stream it carries. Refuses what the documents do not allow as an answer. */
export function applyReply(
  { callback, refreshed }: Asked,
  reply: JsonObject,
  note: (notes: CallNotes) => void,
  platform: Platform,
): SimMessage | undefined {
  note({ chatId: callback.chat.chatId });
  switch (callback.kind) {
    case 'message':
      return answerMessage(callback, refreshed, reply, note, platform);
    case 'enter_chat':
      return welcome(callback, reply, platform);
    case 'template_card_event':
      return updateCard(callback, reply, platform);
    case 'feedback_event':
      throw invalidParameter('feedback_event takes an empty reply only');
  }
}

function answerMessage(
  callback: Callback,
  refreshed: string | undefined,
  reply: JsonObject,
  note: (notes: CallNotes) => void,
  platform: Platform,
): SimMessage | undefined {
  const type = reply['msgtype'];
  const withStream = type === 'stream' || type === 'stream_with_template_card';
  if (!withStream && (type !== 'template_card' || refreshed !== undefined)) throw unsupported(type);
  const card = type === 'stream' || reply['template_card'] === undefined ? undefined : cardReply(reply);
  if (card !== undefined && callback.cardShown) throw invalidParameter('template_card was replied already');
  const stream = withStream ? showReplyStream(callback, refreshed, reply, note, platform) : undefined;
  if (card !== undefined) {
    showCard(callback.chat, card, callback.messageId, platform);
    callback.cardShown = true;
  }
  return stream;
}

function showReplyStream(
  callback: Callback,
  refreshed: string | undefined,
  reply: JsonObject,
  note: (notes: CallNotes) => void,
  platform: Platform,
): SimMessage {
  const checked = streamReply(reply, platform);
  const { streamId, finish, content } = checked;
  note({ streamId, finish, contentBytes: Buffer.byteLength(content ?? '') });
  if (refreshed !== undefined && streamId !== refreshed) throw invalidParameter('stream.id is another');
  const bubble = callback.streams.get(streamId);
  // A repetition of the callback, or of a refresh, may be answered after the end: nothing changes any more.
  if (bubble?.stream !== undefined && bubble.stream.state !== 'streaming') return bubble;
  return showStream(callback, checked, platform);
}

function welcome(callback: Callback, reply: JsonObject, platform: Platform): undefined {
  const { chat, messageId } = callback;
  if (callback.answered) return;
  if (reply['msgtype'] === 'template_card') showCard(chat, cardReply(reply), messageId, platform);
  else if (reply['msgtype'] === 'text') {
    const content = stringOf(requiredObject(reply, 'text')['content']);
    if (content === undefined || content === '') throw invalidParameter('text.content is required');
    showMessage(chat, { kind: 'text', text: content, answersId: messageId }, platform);
  } else throw unsupported(reply['msgtype']);
  callback.answered = true;
}

function updateCard({ pressed }: Callback, reply: JsonObject, platform: Platform): undefined {
  if (reply['response_type'] !== 'update_template_card') throw invalidParameter('response_type is invalid');
  const { json } = cardReply(reply);
  if (pressed === undefined || json['task_id'] !== pressed.card?.json['task_id'])
    throw invalidParameter('task_id does not match');
  replaceCard(pressed, json, platform);
}

function unsupported(type: unknown): WeComFault {
  return new WeComFault(40008, `invalid message type ${String(type)}`);
}
