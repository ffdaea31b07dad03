import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../feishu/json.ts';
import { invalidParameter, WeComFault } from './fault.ts';
import type { Platform } from './platform.ts';
import type { SimMedia } from './world-types.ts';

const maxFeedbackBytes = 256;
const maxItems = 10;
const maxItemBytes = 10 * 1024 * 1024;
const cardTypes = [
  'text_notice',
  'news_notice',
  'button_interaction',
  'vote_interaction',
  'multiple_interaction',
];
const interactive = ['button_interaction', 'vote_interaction', 'multiple_interaction'];

/** The checked `stream` of a reply. `content` unset leaves the text as it is. */
export type StreamReply = {
  readonly streamId: string;
  readonly finish: boolean;
  readonly content: string | undefined;
  readonly items: readonly SimMedia[];
  readonly feedbackId: string | undefined;
};

export function streamReply(body: JsonObject, platform: Platform): StreamReply {
  const stream = requiredObject(body, 'stream');
  const { id, finish = false, content } = stream;
  if (typeof id !== 'string' || id === '') throw invalidParameter('stream.id is required');
  if (typeof finish !== 'boolean') throw invalidParameter('stream.finish must be a boolean');
  if (content !== undefined && typeof content !== 'string')
    throw invalidParameter('stream.content must be a string');
  checkSize(content ?? '', platform);
  const items = itemsOf(stream['msg_item']);
  if (items.length > 0 && !finish) throw invalidParameter('stream.msg_item needs finish');
  return { streamId: id, finish, content, items, feedbackId: feedbackOf(stream) };
}

export type MarkdownReply = { readonly content: string; readonly feedbackId: string | undefined };

export function markdownReply(body: JsonObject, platform: Platform): MarkdownReply {
  const markdown = requiredObject(body, 'markdown');
  const { content } = markdown;
  if (typeof content !== 'string' || content === '') throw invalidParameter('markdown.content is required');
  checkSize(content, platform);
  return { content, feedbackId: feedbackOf(markdown) };
}

export type CardReply = { readonly json: JsonObject; readonly feedbackId: string | undefined };

export function cardReply(body: JsonObject): CardReply {
  const card = requiredObject(body, 'template_card');
  const { card_type: type, task_id: taskId } = card;
  if (typeof type !== 'string' || !cardTypes.includes(type))
    throw invalidParameter('template_card.card_type is invalid');
  if (taskId === undefined && interactive.includes(type))
    throw invalidParameter('template_card.task_id is required');
  if (taskId !== undefined && (typeof taskId !== 'string' || !/^[\w@-]{1,128}$/.test(taskId)))
    throw invalidParameter('template_card.task_id is invalid');
  return { json: structuredClone(card), feedbackId: feedbackOf(card) };
}

/** The media an `image`, `file`, `voice` or `video` message names; 40007 when there is none (any more). */
export function mediaReply(body: JsonObject, type: string, platform: Platform): SimMedia {
  const mediaId = requiredObject(body, type)['media_id'];
  const { world, rules } = platform;
  const found =
    typeof mediaId === 'string' ? world.media(mediaId, platform.now(), rules.limits.mediaMs) : undefined;
  if (found === undefined) throw new WeComFault(40007, 'invalid media_id');
  return found;
}

export function requiredObject(body: JsonObject, field: string): JsonObject {
  const value = body[field];
  if (!isObject(value)) throw invalidParameter(`${field} is required`);
  return value;
}

function checkSize(content: string, { rules }: Platform): void {
  if (Buffer.byteLength(content) > rules.limits.contentBytes)
    throw new WeComFault(rules.oversizedCode, `content exceeds ${rules.limits.contentBytes} bytes`);
}

function feedbackOf(parent: JsonObject): string | undefined {
  const feedback = parent['feedback'];
  if (feedback === undefined) return undefined;
  const id = isObject(feedback) ? feedback['id'] : undefined;
  if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > maxFeedbackBytes)
    throw invalidParameter('feedback.id is invalid');
  return id;
}

function itemsOf(value: unknown): readonly SimMedia[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > maxItems) throw invalidParameter('msg_item is invalid');
  return value.map((item: unknown) => {
    const image = isObject(item) && item['msgtype'] === 'image' ? item['image'] : undefined;
    if (!isObject(image) || typeof image['base64'] !== 'string')
      throw invalidParameter('msg_item takes images only');
    const bytes = Buffer.from(image['base64'], 'base64');
    if (bytes.length > maxItemBytes || !isPicture(bytes)) throw invalidParameter('msg_item.image is invalid');
    if (image['md5'] !== createHash('md5').update(bytes).digest('hex'))
      throw invalidParameter('msg_item.image.md5 does not match');
    return { type: 'image', bytes, fileName: '' };
  });
}

/** JPEG or PNG by their first bytes. */
export function isPicture(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  return start === '89504e47' || start.startsWith('ffd8ff');
}
