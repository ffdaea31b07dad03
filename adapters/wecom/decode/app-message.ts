import type { InboundMessage, Place, UnreadableKind } from '../../../src/contract/inbound.ts';
import { childText, textsOf, type XmlElement } from '../callback/xml.ts';
import {
  address,
  appAdapterId,
  chatKey,
  eventKey,
  mediaRef,
  personKey,
  platformId,
  replyTarget,
  tenantKey,
} from '../ids.ts';
import { malformed, type Decoded } from './decoded.ts';

/** Events that mean that a person has come to the app for the first time, or again. */
const ENTERING: ReadonlySet<string> = new Set(['subscribe', 'enter_agent']);

const UNREADABLE: ReadonlyMap<string, UnreadableKind> = new Map<string, UnreadableKind>([
  ['voice', 'audio'], // only the sound comes, as AMR
  ['video', 'video'],
  ['shortvideo', 'video'],
  ['file', 'file'],
  ['location', 'location'],
]);

/** One decrypted callback of a self-built app (paths 90239, 90240). Pure, and never throws. */
export function decodeAppMessage(xml: XmlElement, receivedAt: Date): Decoded {
  const userId = childText(xml, 'FromUserName') ?? '';
  const corpId = childText(xml, 'ToUserName') ?? '';
  const kind = childText(xml, 'MsgType') ?? '';
  if (userId === '') return malformed('FromUserName');
  const place: Place = {
    adapter: appAdapterId,
    platform: platformId,
    tenant: tenantKey(corpId),
    chat: chatKey(userId),
    kind: 'direct',
  };
  if (kind === 'event') return decodeEvent(xml, place, userId);
  const messageId = childText(xml, 'MsgId') ?? '';
  if (messageId === '') return malformed('MsgId');
  const content = readContent(xml, kind);
  const event: InboundMessage = {
    type: 'message',
    eventKey: eventKey('message', messageId),
    place,
    sender: { key: personKey(userId) },
    addressed: true,
    ...content,
    sentAt: readSeconds(childText(xml, 'CreateTime')) ?? receivedAt,
    replyTarget: replyTarget({ userId }),
  };
  return { event };
}

/** Events have no MsgId. */
function decodeEvent(xml: XmlElement, place: Place, userId: string): Decoded {
  if (!ENTERING.has(childText(xml, 'Event') ?? '')) return { ignored: 'an event we do not use' };
  const key = eventKey('entered', userId);
  return { event: { type: 'joined', eventKey: key, place, address: address({ userId }) } };
}

type Content = Pick<InboundMessage, 'text' | 'media' | 'unreadable'>;

function readContent(xml: XmlElement, kind: string): Content {
  const empty: Content = { text: '', media: [], unreadable: [] };
  if (kind === 'text') return { ...empty, text: (childText(xml, 'Content') ?? '').trim() };
  if (kind === 'image') {
    // A message of several pictures repeats its elements.
    const ids = [...new Set(textsOf(xml, 'MediaId'))].filter((mediaId) => mediaId !== '');
    return { ...empty, media: ids.map((mediaId) => mediaRef({ mediaId })) };
  }
  if (kind === 'link') {
    const lines = [childText(xml, 'Title'), childText(xml, 'Description'), childText(xml, 'Url')];
    return { ...empty, text: lines.filter((line) => line !== undefined && line.trim() !== '').join('\n') };
  }
  return { ...empty, unreadable: [UNREADABLE.get(kind) ?? 'other'] };
}

function readSeconds(text: string | undefined): Date | undefined {
  return text !== undefined && /^\d{1,11}$/.test(text) ? new Date(Number(text) * 1000) : undefined;
}
