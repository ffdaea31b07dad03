import { isObject, type JsonObject } from '../feishu/json.ts';
import type { Platform } from './platform.ts';
import type { SimPerson, SimResource } from './world-types.ts';

/** Bytes a person attaches. */
export type SaidFile = { readonly bytes: Uint8Array; readonly name?: string };

/** One item of a rich text. In `text`, `@{bot}` and `@{id of a person}` are mentions. */
export type SaidItem =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'picture'; readonly picture: SaidFile }
  /** Live shapes no document lists. */
  | { readonly type: 'at'; readonly person: SimPerson }
  | { readonly type: 'emoji'; readonly name: string };

/** What a person sends. In `text`, `@{bot}` and `@{id of a person}` are mentions. `raw` is any shape, also a broken one. */
export type Said =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'picture'; readonly picture: SaidFile }
  | { readonly kind: 'richText'; readonly items: readonly SaidItem[] }
  | {
      readonly kind: 'audio';
      readonly audio: SaidFile;
      readonly durationMs: number;
      readonly recognition?: string;
    }
  | { readonly kind: 'video'; readonly video: SaidFile; readonly durationMs: number }
  | { readonly kind: 'file'; readonly file: SaidFile }
  /** Forwarded messages: no senders, and holes for what cannot be shown. */
  | {
      readonly kind: 'chatRecord';
      readonly title: string;
      readonly lines: readonly (string | { readonly unknown: string })[];
    }
  | { readonly kind: 'unknown'; readonly unknownMsgType: string }
  | { readonly kind: 'raw'; readonly msgtype: string; readonly body: JsonObject };

/** A message's body in the received shape, with what it mentions and carries. */
export type ReceivedBody = {
  readonly msgtype: string;
  /** The members beside the common ones: `text` or `content`. */
  readonly body: JsonObject;
  /** What people see in the chat, names included. */
  readonly shown: string;
  readonly mentions: readonly SimPerson[];
  readonly mentionsBot: boolean;
  readonly resources: readonly SimResource[];
};

const mentionMark = /@\{([^}]+)\}/g;

export function receivedBody(said: Said, platform: Platform): ReceivedBody {
  const resources: SimResource[] = [];
  const attach = ({ bytes }: SaidFile): string => {
    const expiresMs = platform.now() + platform.rules.limits.downloadCodeMs;
    const resource: SimResource = { downloadCode: platform.ids.downloadCode(), bytes, expiresMs };
    platform.world.addResource(resource);
    resources.push(resource);
    return resource.downloadCode;
  };
  const marked = markedText(said);
  const { mentions, mentionsBot } = mentionsOf(said, marked, platform);
  return {
    msgtype: msgtypeOf(said),
    body: bodyOf(said, attach, platform),
    shown: marked.replaceAll(mentionMark, (_, id: string) => `@${nameOf(id, platform)}`),
    mentions,
    mentionsBot,
    resources,
  };
}

function msgtypeOf(said: Said): string {
  if (said.kind === 'raw') return said.msgtype;
  return said.kind === 'unknown' ? 'unknownMsgType' : said.kind;
}

function bodyOf(said: Said, attach: (file: SaidFile) => string, platform: Platform): JsonObject {
  switch (said.kind) {
    case 'text':
      // Every name is dropped, other people's too; what stood around them stays, spaces included.
      return { text: { content: said.text.replaceAll(mentionMark, '') } };
    case 'picture':
      return inContent(pictureContent(attach(said.picture)), platform);
    case 'richText':
      return inContent({ richText: said.items.map((item) => richItem(item, attach, platform)) }, platform);
    case 'audio':
      return inContent(
        {
          duration: duration(said.durationMs, platform),
          downloadCode: attach(said.audio),
          recognition: said.recognition ?? '',
        },
        platform,
      );
    case 'video':
      return inContent(
        {
          duration: duration(said.durationMs, platform),
          videoType: 'mp4',
          downloadCode: attach(said.video),
        },
        platform,
      );
    case 'file':
      return inContent(fileContent(said.file, attach(said.file), platform), platform);
    case 'chatRecord':
      return inContent(chatRecordContent(said), platform);
    case 'unknown':
      return { ...inContent({ unknownMsgType: said.unknownMsgType }, platform), ai_robot_sessionid: '' };
    case 'raw':
      return said.body;
  }
}

function inContent(content: JsonObject, { rules }: Platform): JsonObject {
  return { content: rules.contentAs === 'object' ? content : JSON.stringify(content) };
}

function pictureContent(downloadCode: string): JsonObject {
  return { downloadCode, pictureDownloadCode: downloadCode };
}

function fileContent({ name }: SaidFile, downloadCode: string, { ids }: Platform): JsonObject {
  const digits = (length: number): string => String(parseInt(ids.hex(12), 16)).slice(0, length);
  return { fileName: name ?? 'file', downloadCode, spaceId: digits(11), fileId: digits(12) };
}

function richItem(item: SaidItem, attach: (file: SaidFile) => string, platform: Platform): JsonObject {
  switch (item.type) {
    case 'text':
      // The bot's own mention stays, unmarked, like every other.
      return { text: item.text.replaceAll(mentionMark, (_, id: string) => `@${nameOf(id, platform)}`) };
    case 'picture':
      return { type: 'picture', ...pictureContent(attach(item.picture)) };
    case 'at':
      return { type: 'at', atName: item.person.name, atUserId: item.person.senderId };
    case 'emoji':
      return { type: 'emoji', text: `[${item.name}]` };
  }
}

function chatRecordContent({ title, lines }: Extract<Said, { kind: 'chatRecord' }>): JsonObject {
  const records = lines.map((line) =>
    typeof line === 'string'
      ? { msgType: 'text', content: line }
      : { msgType: 'unknownMsgType', content: { unknownMsgType: line.unknown } },
  );
  const summary = lines.map((line) => (typeof line === 'string' ? line : '[消息]')).join('\n');
  return { title, summary, chatRecord: JSON.stringify(records) };
}

function duration(milliseconds: number, { rules }: Platform): number | string {
  if (rules.durationAs === 'milliseconds') return milliseconds;
  return String(rules.durationAs === 'seconds-string' ? Math.round(milliseconds / 1000) : milliseconds);
}

function markedText(said: Said): string {
  if (said.kind === 'text') return said.text;
  if (said.kind === 'chatRecord') return said.title;
  if (said.kind === 'raw') return isObject(said.body['text']) ? String(said.body['text']['content']) : '';
  if (said.kind !== 'richText') return '';
  return said.items.map((item) => (item.type === 'text' ? item.text : '')).join('');
}

function mentionsOf(
  said: Said,
  marked: string,
  platform: Platform,
): { readonly mentions: readonly SimPerson[]; readonly mentionsBot: boolean } {
  const marks = [...marked.matchAll(mentionMark)].map(([, id]) => id ?? '');
  const items = said.kind === 'richText' ? said.items : [];
  const named = items.flatMap((item) => (item.type === 'at' ? [item.person] : []));
  const people = marks.flatMap((id) => platform.world.person(id) ?? []);
  return { mentions: [...people, ...named], mentionsBot: marks.includes('bot') };
}

function nameOf(id: string, { app, world }: Platform): string {
  return id === 'bot' ? app.botName : (world.person(id)?.name ?? id);
}
