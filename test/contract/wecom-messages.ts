import type { UnreadableKind } from '../../src/contract/inbound.ts';
import type { HttpFault } from '../simulators/feishu/http-faults.ts';
import type { FrameFault } from '../simulators/wecom/long-connection/frame-fault.ts';
import type { Said as WeComSaid, SaidItem } from '../simulators/wecom/said.ts';
import type { MessageView } from '../simulators/wecom/views.ts';
import type { Failure, Harness, ReceivedRequest, Said, ShownReply } from './harness.ts';

/** What a person says, in the forms WeCom has. */
export function toWeCom({ text = '', pictures = [], unreadable }: Omit<Said, 'where'>): WeComSaid {
  return unreadable === undefined ? toWords(text, pictures) : toUnreadable(unreadable);
}

function toUnreadable(kind: UnreadableKind): WeComSaid {
  const file = { bytes: Buffer.from('a file'), fileName: 'a.pdf' };
  switch (kind) {
    case 'file':
      return { kind: 'file', file };
    case 'audio':
      return { kind: 'voice', transcript: '', sound: file };
    case 'video':
      return { kind: 'video', video: file };
    case 'location':
      return { kind: 'location', latitude: '1', longitude: '2', label: '公司' };
    case 'card':
    case 'contact':
    case 'forwarded':
    case 'sticker':
    case 'other':
      return { kind: 'raw', messageType: 'hologram', body: {} };
  }
}

function toWords(text: string, pictures: readonly Uint8Array[]): WeComSaid {
  const [first] = pictures;
  if (first === undefined) return { kind: 'text', text };
  if (pictures.length === 1 && text === '') return { kind: 'image', image: { bytes: first } };
  const words: readonly SaidItem[] = text === '' ? [] : [{ kind: 'text', text }];
  const images = pictures.map((bytes): SaidItem => ({ kind: 'image', image: { bytes } }));
  return { kind: 'mixed', items: [...words, ...images] };
}

/** A message of the bot as a person sees it; its thinking, folded, is among its words only. */
export function toShown({ messageId, text: content, stream }: MessageView): ShownReply {
  // Nobody sees the mark by which the app tells equal sentences apart.
  const text = content.replace(/[\u200B\u200C]+$/, '');
  const pings = [...text.matchAll(/<@(\w+)>/g)].map(([, name]) => name ?? '');
  const words = stream?.content ?? text;
  return { id: messageId, text, buttons: [], words, live: stream?.state === 'streaming', pings };
}

export const frameFaults: Readonly<Record<Failure, FrameFault>> = {
  unavailable: { kind: 'code', code: -1, message: 'system busy' },
  'answer-lost': { kind: 'no-ack' },
  'rate-limited': { kind: 'code', code: 45009, message: 'api freq out of limit' },
  'target-gone': { kind: 'code', code: 93006, message: 'invalid chatid' },
  'no-answer': { kind: 'lost' },
};

export const apiFaults: Readonly<Record<Failure, HttpFault>> = {
  unavailable: { kind: 'answer', status: 503, body: '<html>busy</html>' },
  'answer-lost': { kind: 'drop-after' },
  'rate-limited': { kind: 'code', code: 45009, message: 'api freq out of limit' },
  'target-gone': { kind: 'code', code: 81013, message: 'user & party & tag all invalid' },
  'no-answer': { kind: 'delay', milliseconds: 24 * 3_600_000 },
};

/** Pictures of the bot are on a host without codes of WeCom's own. */
export const mediaFaults: Readonly<Record<Failure, HttpFault>> = {
  ...apiFaults,
  'rate-limited': { kind: 'answer', status: 429, body: '' },
  'target-gone': { kind: 'answer', status: 404, body: '' },
};

export function forgeWeCom({ path, request }: ReceivedRequest): ReturnType<Harness['forge']> {
  const { query, body } = request;
  const tampered = Buffer.from(body);
  const middle = Math.floor(body.length / 2);
  tampered[middle] = tampered[middle] === 65 ? 66 : 65;
  const withQuery = (name: string, value: string): URLSearchParams => {
    const changed = new URLSearchParams(query);
    changed.set(name, value);
    return changed;
  };
  const variants = {
    'with another body': { ...request, body: tampered },
    'cut short': { ...request, body: body.slice(0, -2) },
    'with another time': { ...request, query: withQuery('timestamp', '1') },
    'with another signature': { ...request, query: withQuery('msg_signature', '0'.repeat(40)) },
    'with another nonce': { ...request, query: withQuery('nonce', 'other') },
  };
  return Object.entries(variants).map(([how, forged]) => ({ how, forged: { path, request: forged } }));
}
