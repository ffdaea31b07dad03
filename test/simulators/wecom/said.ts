import type { JsonObject } from '../feishu/json.ts';

/** Bytes a person attaches. What they are is not looked at. */
export type SaidFile = { readonly bytes: Uint8Array; readonly fileName?: string };

export type SaidItem =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'image'; readonly image: SaidFile };

/**
 * What a person sends. `@{bot}` in a text is the mention of the bot. `raw` is any shape, also a broken one: members
 * beside the common ones for the bot, elements of the XML for the app.
 */
export type Said =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly image: SaidFile }
  | { readonly kind: 'mixed'; readonly items: readonly SaidItem[] }
  /** The bot gets only the transcript (which may be empty), the app only the sound. */
  | { readonly kind: 'voice'; readonly transcript: string; readonly sound?: SaidFile }
  | { readonly kind: 'file'; readonly file: SaidFile }
  | { readonly kind: 'video'; readonly video: SaidFile }
  | {
      readonly kind: 'location';
      readonly latitude: string;
      readonly longitude: string;
      readonly label: string;
    }
  | { readonly kind: 'link'; readonly title: string; readonly url: string; readonly description?: string }
  | { readonly kind: 'raw'; readonly messageType: string; readonly body: JsonObject };

/** Text in the chat, with the bot's name in place of its mention. */
export function namedText(text: string, botName: string): string {
  return text.replaceAll('@{bot}', `@${botName}`);
}

/** What the chat shows of it beside pictures and files. */
export function shownText(said: Said, botName: string): string {
  switch (said.kind) {
    case 'text':
      return namedText(said.text, botName);
    case 'mixed':
      return said.items.map((item) => (item.kind === 'text' ? namedText(item.text, botName) : '')).join('');
    case 'voice':
      return said.transcript;
    case 'location':
      return said.label;
    case 'link':
      return said.title;
    case 'image':
    case 'file':
    case 'video':
    case 'raw':
      return '';
  }
}

/** Whether the message mentions the bot, as a group message must to reach it. */
export function mentionsBot(said: Said): boolean {
  if (said.kind === 'text') return said.text.includes('@{bot}');
  if (said.kind !== 'mixed') return false;
  return said.items.some((item) => item.kind === 'text' && item.text.includes('@{bot}'));
}

/** Pictures and files in it, in order. */
export function attachments(said: Said): readonly { readonly type: string; readonly file: SaidFile }[] {
  switch (said.kind) {
    case 'image':
      return [{ type: 'image', file: said.image }];
    case 'mixed':
      return said.items.flatMap((item) =>
        item.kind === 'image' ? [{ type: 'image', file: item.image }] : [],
      );
    case 'file':
      return [{ type: 'file', file: said.file }];
    case 'video':
      return [{ type: 'video', file: said.video }];
    case 'voice':
      return said.sound === undefined ? [] : [{ type: 'voice', file: said.sound }];
    case 'text':
    case 'location':
    case 'link':
    case 'raw':
      return [];
  }
}
