import { AdapterError } from '../../../src/contract/errors.ts';
import type {
  AdapterId,
  ChatKey,
  EventKey,
  Json,
  PersonKey,
  PlatformId,
  TenantKey,
  TopicKey,
} from '../../../src/contract/ids.ts';
import type { InboundEvent, Place } from '../../../src/contract/inbound.ts';
import type { Person, Where } from '../harness.ts';
import type { News } from './platform.ts';

/** Where an answer goes, and what it answers. */
export type MemoryTarget = { readonly where: Where; readonly owner: Person };

export function decodeNews(body: string): InboundEvent {
  const news = JSON.parse(body) as News;
  switch (news.type) {
    case 'note':
      return decodeNote(news);
    case 'recall': {
      const { id, note, where, from } = news;
      return {
        type: 'recalled',
        eventKey: key('recall', id),
        place: placeOf(where, from),
        message: key('note', note),
      };
    }
    case 'joined': {
      const { id, where } = news;
      const address = { where, owner: 'asker' } as never;
      return { type: 'joined', eventKey: key('joined', id), place: placeOf(where, 'asker'), address };
    }
    case 'press': {
      const { id, where, by, button } = news;
      return {
        type: 'action',
        eventKey: key('press', id),
        place: placeOf(where, by),
        actor: senderOf(by),
        button,
      };
    }
  }
}

function decodeNote({ note }: Extract<News, { type: 'note' }>): InboundEvent {
  const { id, where, from, pictures, unreadable, quotes } = note;
  const text = note.text
    .replace(/@\{bot\} ?/, '')
    .replaceAll('@{everyone}', '@all')
    .replaceAll('@{colleague}', '@Bob');
  return {
    type: 'message',
    eventKey: key('note', id),
    place: placeOf(where, from),
    sender: senderOf(from),
    addressed: where === 'direct' || note.text.includes('@{bot}'),
    text,
    media: Array.from({ length: pictures }, (_, picture) => ({ note: id, picture }) as never),
    unreadable: unreadable === undefined ? [] : [unreadable],
    ...(quotes === undefined ? {} : { quote: { note: quotes } as never }),
    sentAt: new Date(note.atMs),
    replyTarget: { where, owner: from } as never,
  };
}

const key = (kind: string, id: string): EventKey => `${kind}:${id}` as EventKey;
const senderOf = (person: Person) => ({ key: `person-${person}` as PersonKey });

function placeOf(where: Where, person: Person): Place {
  const direct = where === 'direct';
  return {
    adapter: 'memory' as AdapterId,
    platform: 'memory' as PlatformId,
    tenant: 'tenant' as TenantKey,
    chat: (direct ? `direct-${person}` : 'group') as ChatKey,
    kind: direct ? 'direct' : 'group',
    ...(where === 'topic' || where === 'other-topic' ? { topic: where as string as TopicKey } : {}),
  };
}

/** A picture or a quoted message, checked. */
export function readRef(ref: unknown): { readonly note: string; readonly picture?: number } {
  const note = fieldOf(ref, 'note');
  const picture = fieldOf(ref, 'picture');
  if (typeof note !== 'string') throw new AdapterError('invalid', 'memory: not a reference of this adapter');
  return { note, ...(typeof picture === 'number' ? { picture } : {}) };
}

export function fieldOf(value: unknown, name: string): Json | undefined {
  return typeof value === 'object' && value !== null
    ? (Reflect.get(value, name) as Json | undefined)
    : undefined;
}
