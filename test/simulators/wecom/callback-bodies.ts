import type { JsonObject } from '../feishu/json.ts';
import type { Callback } from './callback.ts';
import type { Platform } from './platform.ts';
import { namedText, type Said, type SaidFile } from './said.ts';
import { splitThinking } from './thinking.ts';
import type { SimMessage } from './world-types.ts';

/** How the AI bot is connected: by long connection, or by webhook. */
export type BotMode = 'connection' | 'webhook';

/** What a bubble or card that cannot be quoted becomes in a quote. */
export const unquotable = '[该消息类型暂不能展示]';

/** The members every bot callback has. */
export function commonBody({ messageId, chat, from }: Callback, { corp }: Platform): JsonObject {
  return {
    msgid: messageId,
    aibotid: corp.botId,
    ...(chat.kind === 'group' ? { chatid: chat.chatId } : {}),
    chattype: chat.kind === 'group' ? 'group' : 'single',
    from: { userid: from.userId },
  };
}

/** The body of a message callback. Addresses of media are made anew at each call. */
export function messageBody(
  callback: Callback,
  said: Said,
  quoted: SimMessage | undefined,
  mode: BotMode,
  responseUrl: string | undefined,
  platform: Platform,
): JsonObject {
  return {
    ...commonBody(callback, platform),
    ...(responseUrl === undefined ? {} : { response_url: responseUrl }),
    ...contentBody(said, mode, platform),
    ...(quoted === undefined ? {} : { quote: quoteBody(quoted, mode, platform) }),
  };
}

/** The body of an event callback; `detail` is what stands beside `eventtype`. */
export function eventBody(
  callback: Callback,
  detail: JsonObject,
  more: JsonObject,
  platform: Platform,
): JsonObject {
  return {
    ...commonBody(callback, platform),
    create_time: Math.floor(callback.atMs / 1000),
    ...more,
    msgtype: 'event',
    event: { eventtype: callback.kind, ...detail },
  };
}

function contentBody(said: Said, mode: BotMode, platform: Platform): JsonObject {
  const { botName } = platform.corp;
  const encrypted = (type: string, file: SaidFile): JsonObject => publish(type, file, mode, platform);
  switch (said.kind) {
    case 'text':
      return textBody(namedText(said.text, botName));
    case 'link':
      return textBody(said.url); // links arrive as text
    case 'location':
      return textBody(unquotable);
    case 'image':
      return { msgtype: 'image', image: encrypted('image', said.image) };
    case 'file':
      return { msgtype: 'file', file: encrypted('file', said.file) };
    case 'video':
      return { msgtype: 'video', video: encrypted('video', said.video) };
    case 'voice':
      return { msgtype: 'voice', voice: { content: said.transcript } };
    case 'mixed': {
      const items = said.items.map((item) =>
        item.kind === 'text'
          ? textBody(namedText(item.text, botName))
          : { msgtype: 'image', image: encrypted('image', item.image) },
      );
      return { msgtype: 'mixed', mixed: { msg_item: items } };
    }
    case 'raw':
      return { msgtype: said.messageType, ...said.body };
  }
}

function textBody(content: string): JsonObject {
  return { msgtype: 'text', text: { content } };
}

/** Quotes have neither id nor sender. */
function quoteBody(quoted: SimMessage, mode: BotMode, platform: Platform): JsonObject {
  if (quoted.said !== undefined) return contentBody(quoted.said, mode, platform);
  const text = quoted.stream === undefined ? quoted.text : splitThinking(quoted.stream.content).answer;
  return textBody(quoted.card !== undefined || text === '' ? unquotable : text);
}

/** On the long connection each address has a key of its own; by webhook the key is that of the callback. */
function publish(
  type: string,
  { bytes, fileName = '' }: SaidFile,
  mode: BotMode,
  platform: Platform,
): JsonObject {
  const { media, corp, ids } = platform;
  const file = { type, bytes, fileName };
  if (mode === 'webhook') return { url: media.publish(file, corp.botEncodingAesKey) };
  const aeskey = ids.aesKey();
  return { url: media.publish(file, aeskey), aeskey };
}
