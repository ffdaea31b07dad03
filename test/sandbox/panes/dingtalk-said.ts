import type { Said, SaidItem } from '../../simulators/dingtalk/said.ts';
import type { SaidImage } from './shared/actions.ts';
import { markMentions, type Mentionable } from './shared/mentions.ts';

/** Kinds a person cannot compose from text and pictures. */
export const otherKinds = ['audio', 'file', 'video'] as const;

/**
 * What DingTalk's composer would make of it: a lone picture is a picture message, pictures with words are a rich text,
 * words alone are a text message.
 */
export function saidInComposer(text: string, images: readonly SaidImage[], people: Mentionable): Said {
  const [first] = images;
  if (text.trim() === '' && images.length === 1 && first !== undefined)
    return { kind: 'picture', picture: first };
  const marked = markMentions(text, people);
  if (images.length === 0) return { kind: 'text', text: marked };
  const words: readonly SaidItem[] = text.trim() === '' ? [] : [{ type: 'text', text: marked }];
  return {
    kind: 'richText',
    items: [...words, ...images.map((picture) => ({ type: 'picture', picture }) as const)],
  };
}

/** What nobody types, with a few bytes of content; undefined for an unknown kind. */
export function saidOtherwise(kind: string): Said | undefined {
  const file = (name: string) => ({ bytes: Buffer.from('demo'), name });
  switch (kind) {
    case 'audio':
      // DingTalk recognises speech itself, and hands the words over.
      return {
        kind: 'audio',
        audio: file('voice.amr'),
        durationMs: 4000,
        recognition: '帮我看一下市场部这个季度有没有超支。',
      };
    case 'file':
      return { kind: 'file', file: file('第三季度预算.pdf') };
    case 'video':
      return { kind: 'video', video: file('演示.mp4'), durationMs: 12_000 };
    default:
      return undefined;
  }
}
