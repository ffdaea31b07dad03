import type { JsonObject } from '../../feishu/json.ts';
import type { Platform } from '../platform.ts';
import type { Said, SaidFile } from '../said.ts';
import type { SimUser } from '../world-types.ts';
import { element, parent } from './xml.ts';

/** The XML of a message to the app. */
export function messageXml(
  said: Said,
  from: SimUser,
  messageId: string,
  atMs: number,
  platform: Platform,
): string {
  const { kind, elements } = contentXml(said, platform);
  return parent(
    'xml',
    ...commonXml(from, atMs, kind, platform),
    ...elements,
    element('MsgId', messageId).replace(/<!\[CDATA\[|\]\]>/g, ''),
    element('AgentID', platform.corp.agentId),
  );
}

/** The XML of an event of the app; events have no MsgId. `elements` follow the name of the event. */
export function eventXml(
  event: string,
  from: SimUser,
  atMs: number,
  elements: readonly string[],
  platform: Platform,
): string {
  return parent(
    'xml',
    ...commonXml(from, atMs, 'event', platform),
    element('Event', event),
    ...elements,
    element('AgentID', platform.corp.agentId),
  );
}

function commonXml({ userId }: SimUser, atMs: number, kind: string, { corp }: Platform): readonly string[] {
  return [
    element('ToUserName', corp.corpId),
    element('FromUserName', userId),
    element('CreateTime', Math.floor(atMs / 1000)),
    element('MsgType', kind),
  ];
}

type Content = { readonly kind: string; readonly elements: readonly string[] };

function contentXml(said: Said, platform: Platform): Content {
  const keep = (type: string, { bytes, fileName = '' }: SaidFile): string =>
    platform.world.addMedia({ type, bytes, fileName }, platform.now());
  switch (said.kind) {
    case 'text':
      return { kind: 'text', elements: [element('Content', said.text)] };
    case 'image': {
      const { bytes, fileName = '' } = said.image;
      const address = platform.media.publishPlain({ type: 'image', bytes, fileName });
      return {
        kind: 'image',
        elements: [element('PicUrl', address), element('MediaId', keep('image', said.image))],
      };
    }
    case 'voice':
      return {
        kind: 'voice',
        elements: [
          element('MediaId', keep('voice', said.sound ?? { bytes: Buffer.from('#!AMR\n') })),
          element('Format', 'amr'),
        ],
      };
    case 'video': {
      const thumb = keep('image', { bytes: Buffer.from('ffd8ffe0', 'hex') });
      return {
        kind: 'video',
        elements: [element('MediaId', keep('video', said.video)), element('ThumbMediaId', thumb)],
      };
    }
    case 'location':
      return {
        kind: 'location',
        elements: [
          element('Location_X', Number(said.latitude)),
          element('Location_Y', Number(said.longitude)),
          element('Scale', 15),
          element('Label', said.label),
          element('AppType', 'wxwork'),
        ],
      };
    case 'link':
      return {
        kind: 'link',
        elements: [
          element('Title', said.title),
          element('Description', said.description ?? ''),
          element('Url', said.url),
          element('PicUrl', ''),
        ],
      };
    case 'raw':
      return { kind: said.messageType, elements: rawElements(said.body) };
    case 'file':
    case 'mixed':
      throw new Error(`the app receives no message of the kind ${said.kind}`);
  }
}

function rawElements(body: JsonObject): readonly string[] {
  return Object.entries(body).map(([name, value]) =>
    element(name, typeof value === 'number' ? value : String(value)),
  );
}
