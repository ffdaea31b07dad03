import type { Said, SaidFile, SaidItem } from '../../simulators/wecom/said.ts';
import type { SaidImage } from './shared/actions.ts';
import { markMentions, type Mentionable } from './shared/mentions.ts';

/** Kinds a person cannot compose from text and pictures. */
export const otherKinds = ['audio', 'file', 'video'] as const;

/**
 * What WeCom's composer would make of it: a lone picture is an image message, pictures with words are mixed, words alone
 * are a text message.
 */
export function saidInComposer(text: string, images: readonly SaidImage[], people: Mentionable): Said {
  const files = images.map(({ bytes, name }): SaidFile => ({ bytes, fileName: name }));
  const [first] = files;
  if (text.trim() === '' && files.length === 1 && first !== undefined) return { kind: 'image', image: first };
  const marked = markMentions(text, people);
  if (files.length === 0) return { kind: 'text', text: marked };
  const words: readonly SaidItem[] = text.trim() === '' ? [] : [{ kind: 'text', text: marked }];
  return { kind: 'mixed', items: [...words, ...files.map((image) => ({ kind: 'image', image }) as const)] };
}

/** What nobody types, with a few bytes of content; undefined for an unknown kind. */
export function saidOtherwise(kind: string): Said | undefined {
  const file = (fileName: string): SaidFile => ({ bytes: Buffer.from('demo'), fileName });
  switch (kind) {
    case 'audio':
      // WeCom recognises speech itself: the bot gets the words and no sound.
      return { kind: 'voice', transcript: '帮我看一下市场部这个季度有没有超支。' };
    case 'file':
      return { kind: 'file', file: file('第三季度预算.pdf') };
    case 'video':
      return { kind: 'video', video: file('演示.mp4') };
    default:
      return undefined;
  }
}
