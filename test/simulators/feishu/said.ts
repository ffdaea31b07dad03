import { isObject, type JsonObject } from './json.ts';
import type { Platform } from './platform.ts';
import type { SimMention, SimMessage, SimResource, SimUser } from './world-types.ts';

/** Bytes a person attaches. `mime` is what the platform says on download, which need not be true. */
export type SaidFile = { readonly bytes: Uint8Array; readonly mime?: string; readonly name?: string };

/** One element of a rich post. In `text`, `@{bot}`, `@{all}` and `@{ou_…}` become mentions of their own. */
export type SaidElement =
  | { readonly tag: 'text'; readonly text: string; readonly style?: readonly string[] }
  | { readonly tag: 'a'; readonly text: string; readonly href: string }
  | { readonly tag: 'img'; readonly image: SaidFile; readonly width?: number; readonly height?: number }
  | { readonly tag: 'media'; readonly video: SaidFile; readonly cover: SaidFile }
  | { readonly tag: 'code_block'; readonly language: string; readonly text: string }
  | { readonly tag: 'emotion'; readonly emojiType: string }
  | { readonly tag: 'hr' };

/** What a person sends. In `text`, `@{bot}`, `@{all}` and `@{ou_…}` are mentions. `raw` is any shape, also a broken one. */
export type Said =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'post';
      readonly title?: string;
      readonly paragraphs: readonly (readonly SaidElement[])[];
    }
  | { readonly kind: 'image'; readonly image: SaidFile }
  | { readonly kind: 'file' | 'folder'; readonly file: SaidFile }
  | { readonly kind: 'audio'; readonly audio: SaidFile; readonly durationMs: number }
  | {
      readonly kind: 'media';
      readonly video: SaidFile;
      readonly cover: SaidFile;
      readonly durationMs: number;
    }
  | { readonly kind: 'sticker' }
  | { readonly kind: 'merge_forward'; readonly children: readonly SimMessage[] }
  | { readonly kind: 'share_user'; readonly user: SimUser }
  | {
      readonly kind: 'location';
      readonly name: string;
      readonly longitude: string;
      readonly latitude: string;
    }
  | { readonly kind: 'raw'; readonly messageType: string; readonly content: string };

/** A message's content in the received shape, with what it mentions and carries. */
export type ReceivedContent = {
  readonly messageType: string;
  readonly content: string;
  readonly mentions: readonly SimMention[];
  readonly all: boolean;
  readonly resources: ReadonlyMap<string, SimResource>;
};

const allName = '所有人';
const mentionMark = /@\{([^}]+)\}/;

export function receivedContent(said: Said, platform: Platform): ReceivedContent {
  const mentions = createMentions(platform);
  const resources = createResources(platform);
  const content = contentOf(said, mentions, resources);
  return {
    messageType: said.kind === 'raw' ? said.messageType : said.kind,
    content: typeof content === 'string' ? content : JSON.stringify(content),
    mentions: mentions.list,
    all: mentions.all(),
    resources: resources.map,
  };
}

type Mentions = ReturnType<typeof createMentions>;
type Resources = ReturnType<typeof createResources>;

function contentOf(said: Said, mentions: Mentions, resources: Resources): JsonObject | string {
  switch (said.kind) {
    case 'text':
      return {
        text: splitMentions(said.text, mentions)
          .map((part) => (typeof part === 'string' ? part : part.key))
          .join(''),
      };
    case 'post':
      return {
        title: said.title ?? '',
        content: said.paragraphs.map((elements) =>
          elements.flatMap((element) => postElements(element, mentions, resources)),
        ),
      };
    case 'image':
      return { image_key: resources.image(said.image) };
    case 'file':
    case 'folder':
      return { file_key: resources.file(said.file), file_name: said.file.name ?? 'file' };
    case 'audio':
      return { file_key: resources.file(said.audio), duration: said.durationMs };
    case 'media': {
      const keys = { file_key: resources.file(said.video), image_key: resources.image(said.cover) };
      return { ...keys, file_name: said.video.name ?? 'video.mp4', duration: said.durationMs };
    }
    case 'sticker':
      return { file_key: resources.newFileKey() };
    case 'merge_forward':
      return 'Merged and Forwarded Message'; // live payloads hold this text, not JSON
    case 'share_user':
      return { user_id: said.user.openId };
    case 'location':
      return { name: said.name, longitude: said.longitude, latitude: said.latitude };
    case 'raw':
      return said.content;
  }
}

function postElements(element: SaidElement, mentions: Mentions, resources: Resources): readonly JsonObject[] {
  switch (element.tag) {
    case 'text':
      return splitMentions(element.text, mentions).map((part) =>
        typeof part === 'string'
          ? { tag: 'text', text: part, style: element.style ?? [] }
          : { tag: 'at', user_id: part.key, user_name: part.name, style: [] },
      );
    case 'a':
      return [{ tag: 'a', text: element.text, href: element.href, style: [] }];
    case 'img':
      return [
        {
          tag: 'img',
          image_key: resources.image(element.image),
          width: element.width ?? 1280,
          height: element.height ?? 720,
        },
      ];
    case 'media':
      return [
        { tag: 'media', file_key: resources.file(element.video), image_key: resources.image(element.cover) },
      ];
    case 'code_block':
      return [{ tag: 'code_block', language: element.language, text: element.text }];
    case 'emotion':
      return [{ tag: 'emotion', emoji_type: element.emojiType }];
    case 'hr':
      return [{ tag: 'hr' }];
  }
}

type Placeholder = { readonly key: string; readonly name: string };

function splitMentions(text: string, mentions: Mentions): readonly (string | Placeholder)[] {
  return text
    .split(mentionMark)
    .map((part, index) => (index % 2 === 0 ? part : mentions.of(part)))
    .filter((part) => part !== '');
}

function createMentions(platform: Platform) {
  const list: SimMention[] = [];
  let everyone = false;
  return {
    list,
    all: () => everyone,
    of(id: string): Placeholder {
      if (id === 'all') {
        everyone = true;
        return { key: '@_all', name: allName };
      }
      const user = id === 'bot' ? platform.bot : platform.world.user(id);
      if (user === undefined) throw new Error(`nobody has the id ${id}`);
      const known = list.find((mention) => mention.user.openId === user.openId);
      const mention = known ?? { key: `@_user_${list.length + 1}`, user };
      if (known === undefined) list.push(mention);
      return { key: mention.key, name: user.name };
    },
  };
}

function createResources(platform: Platform) {
  const map = new Map<string, SimResource>();
  const add = (
    key: string,
    type: SimResource['type'],
    { bytes, mime }: SaidFile,
    fallback: string,
  ): string => {
    map.set(key, { key, type, bytes, mime: mime ?? fallback });
    return key;
  };
  return {
    map,
    image: (image: SaidFile) => add(platform.ids.imageKey(), 'image', image, 'image/jpeg'),
    file: (file: SaidFile) => add(platform.ids.fileKey(), 'file', file, 'application/octet-stream'),
    newFileKey: () => platform.ids.fileKey(),
  };
}

/** The text a person sees: placeholders replaced by names. For pages that draw the chat. */
export function displayText(message: SimMessage): string {
  const names = new Map(message.mentions.map(({ key, user }) => [key, `@${user.name}`]));
  names.set('@_all', `@${allName}`);
  const text = ((): string => {
    try {
      const decoded: unknown = JSON.parse(message.content);
      return isObject(decoded) && typeof decoded['text'] === 'string' ? decoded['text'] : '';
    } catch {
      return '';
    }
  })();
  return text.replace(/@_(?:user_\d+|all)/g, (key) => names.get(key) ?? key);
}
