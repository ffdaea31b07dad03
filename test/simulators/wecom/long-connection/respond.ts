import type { JsonObject } from '../../feishu/json.ts';
import { replaceCard, showCard, showMessage, showStream, expireStream } from '../bubbles.ts';
import type { Callback } from '../callback.ts';
import { invalidParameter, invalidRequest, WeComFault } from '../fault.ts';
import type { Platform } from '../platform.ts';
import {
  cardReply,
  markdownReply,
  mediaReply,
  requiredObject,
  streamReply,
  type StreamReply,
} from '../reply-content.ts';
import type { SimStream } from '../world-types.ts';
import type { Command } from './connection.ts';

/** `aibot_respond_msg`: the answer to a message, in as many frames as it takes. */
export function respondMessage(command: Command, callback: Callback, platform: Platform): undefined {
  const { body, note } = command;
  const type = body['msgtype'];
  const { chat, messageId } = callback;
  note({ chatId: chat.chatId });
  const toEvent = callback.kind !== 'message';
  if (toEvent && !(callback.kind === 'enter_chat' && type === 'template_card')) throw invalidRequest();
  switch (type) {
    case 'stream':
      return respondStream(command, callback, platform);
    case 'stream_with_template_card':
      if (platform.rules.cardWithStreamOnConnection === 'refuse') throw unsupported(type);
      respondStream(command, callback, platform);
      if (body['template_card'] !== undefined) respondCard(body, callback, platform);
      return;
    case 'template_card':
      platform.quotas.chat(chat.chatId, platform.now());
      return respondCard(body, callback, platform);
    case 'markdown': {
      const { content, feedbackId } = markdownReply(body, platform);
      note({ contentBytes: Buffer.byteLength(content) });
      platform.quotas.chat(chat.chatId, platform.now());
      showMessage(chat, { kind: type, text: content, feedbackId, answersId: messageId }, platform);
      return;
    }
    case 'image':
    case 'file':
    case 'voice':
    case 'video': {
      const media = mediaReply(body, type, platform);
      platform.quotas.chat(chat.chatId, platform.now());
      showMessage(chat, { kind: type, media: [media], answersId: messageId }, platform);
      return;
    }
    default:
      throw unsupported(String(type));
  }
}

/** `aibot_respond_welcome_msg`: once, within five seconds of the person's coming. */
export function respondWelcome({ body, note }: Command, callback: Callback, platform: Platform): undefined {
  const { chat, messageId } = callback;
  note({ chatId: chat.chatId });
  checkEvent(callback, 'enter_chat', platform);
  platform.quotas.chat(chat.chatId, platform.now());
  if (body['msgtype'] === 'template_card') showCard(chat, cardReply(body), messageId, platform);
  else if (body['msgtype'] === 'text') {
    const { content } = requiredObject(body, 'text');
    if (typeof content !== 'string' || content === '') throw invalidParameter('text.content is required');
    showMessage(chat, { kind: 'text', text: content, answersId: messageId }, platform);
  } else throw unsupported(String(body['msgtype']));
  callback.answered = true;
}

/** `aibot_respond_update_msg`: once, within five seconds of the press, for the same task. */
export function respondUpdate({ body, note }: Command, callback: Callback, platform: Platform): undefined {
  note({ chatId: callback.chat.chatId });
  checkEvent(callback, 'template_card_event', platform);
  if (body['response_type'] !== 'update_template_card') throw invalidParameter('response_type is invalid');
  const { json } = cardReply(body);
  const { pressed } = callback;
  if (pressed === undefined) throw invalidRequest();
  if (json['task_id'] !== pressed.card?.json['task_id']) throw invalidParameter('task_id does not match');
  replaceCard(pressed, json, platform);
  callback.answered = true;
}

function checkEvent(callback: Callback, kind: Callback['kind'], platform: Platform): void {
  const late = platform.now() - callback.atMs > platform.rules.limits.eventReplyMs;
  if (callback.kind !== kind || callback.answered || late) throw invalidRequest();
}

function respondStream({ body, note }: Command, callback: Callback, platform: Platform): undefined {
  const { rules, quotas } = platform;
  const checked = streamReply(body, platform);
  const { streamId, finish } = checked;
  note({ streamId, finish, contentBytes: Buffer.byteLength(checked.content ?? '') });
  const bubble = callback.streams.get(streamId);
  const stream = bubble?.stream;
  if (stream !== undefined && isOver(stream, platform)) {
    if (stream.state !== 'finished' && bubble !== undefined) expireStream(bubble, platform);
    if (rules.expiredStream === 'refuse' || stream.state === 'finished')
      throw new WeComFault(846608, 'stream message update expired');
    note({ unseen: 'expired' });
    return;
  }
  const reply = withItems(checked, platform);
  if (stream === undefined || rules.framesCount === 'every')
    quotas.chat(callback.chat.chatId, platform.now());
  showStream(callback, reply, platform);
}

function isOver(stream: SimStream, { rules, now }: Platform): boolean {
  const since = rules.streamLifetime === 'since-first-frame' ? stream.startedMs : stream.lastMs;
  return stream.state !== 'streaming' || now() - since >= rules.limits.streamMs;
}

function withItems(reply: StreamReply, { rules }: Platform): StreamReply {
  if (reply.items.length === 0 || rules.msgItemOnConnection === 'show') return reply;
  if (rules.msgItemOnConnection === 'refuse') throw invalidParameter('msg_item is not supported');
  return { ...reply, items: [] };
}

function respondCard(body: JsonObject, callback: Callback, platform: Platform): undefined {
  if (callback.cardShown) throw invalidParameter('template_card was replied already');
  showCard(callback.chat, cardReply(body), callback.messageId, platform);
  callback.cardShown = true;
}

function unsupported(type: string): WeComFault {
  return new WeComFault(40008, `invalid message type ${type}`);
}
