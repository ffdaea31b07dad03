import type { UnreadableKind } from '../../../../src/contract/inbound.ts';
import type { Mentions } from '../mentions.ts';
import { unreadable, type Content, type ContentReader } from './content.ts';
import { readImageContent } from './image.ts';
import { readPostContent } from './post.ts';
import { readTextContent } from './text.ts';

const readers: ReadonlyMap<string, ContentReader> = new Map([
  ['text', readTextContent],
  ['post', readPostContent],
  ['image', readImageContent],
]);

/**
 * Kinds whose content we do not look into (that of `merge_forward` is not even JSON). What is in neither list
 * (`todo`, `vote`, `hongbao`, `video_chat`, calendar kinds, whatever comes next) is `other`.
 */
const unreadableKinds: ReadonlyMap<string, UnreadableKind> = new Map<string, UnreadableKind>([
  ['file', 'file'],
  ['folder', 'file'],
  ['audio', 'audio'],
  ['media', 'video'],
  ['sticker', 'sticker'],
  ['interactive', 'card'],
  ['merge_forward', 'forwarded'],
  ['location', 'location'],
  ['share_user', 'contact'],
  ['share_chat', 'contact'],
]);

/** Never throws: an unknown kind and a content that has not the shape of its kind are unreadable, not lost. */
export function readContent(kind: string, content: string, mentions: Mentions): Content {
  const reader = readers.get(kind);
  if (reader === undefined) return unreadable(unreadableKinds.get(kind) ?? 'other');
  return reader(content, mentions) ?? unreadable('other');
}
