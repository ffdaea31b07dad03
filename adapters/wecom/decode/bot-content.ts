import type { MediaRef } from '../../../src/contract/ids.ts';
import type { UnreadableKind } from '../../../src/contract/inbound.ts';
import { read, readList, readText } from '../../shared/json.ts';
import { mediaRef } from '../ids.ts';

/** What one message of a bot's callback, or what it quotes, holds. */
export type BotContent = {
  readonly text: string;
  readonly media: readonly MediaRef[];
  readonly unreadable: readonly UnreadableKind[];
};

/** What WeCom writes in place of what it does not show to bots: cards and the like. */
const NOT_SHOWN = '[该消息类型暂不能展示]';

const NOTHING: BotContent = { text: '', media: [], unreadable: [] };

/** Reads the member that `msgtype` names (path 100719); `raw` is the body of a callback, its quote or an item of `mixed`. */
export function readBotContent(raw: unknown): BotContent {
  switch (readText(raw, 'msgtype')) {
    case 'text': {
      const text = readText(raw, 'text', 'content') ?? '';
      return text.trim() === NOT_SHOWN ? missing('card') : { ...NOTHING, text };
    }
    case 'image':
      return imageContent(read(raw, 'image'));
    case 'mixed':
      return joined(readList(raw, 'mixed', 'msg_item').map(readItem));
    case 'voice': {
      // Only the transcript comes, and it may be empty.
      const text = readText(raw, 'voice', 'content') ?? '';
      return text.trim() === '' ? missing('audio') : { ...NOTHING, text };
    }
    case 'file':
      return missing('file');
    case 'video':
      return missing('video');
    case 'location':
      return missing('location');
    case undefined:
    default:
      return missing('other');
  }
}

/** Items are texts and images; `mixed` does not nest. */
function readItem(item: unknown): BotContent {
  return readText(item, 'msgtype') === 'mixed' ? missing('other') : readBotContent(item);
}

function joined(items: readonly BotContent[]): BotContent {
  return {
    text: items
      .map(({ text }) => text)
      .filter((text) => text.trim() !== '')
      .join('\n'),
    media: items.flatMap(({ media }) => media),
    unreadable: items.flatMap(({ unreadable }) => unreadable),
  };
}

/** On the long connection each address has a key of its own; by webhook the key is the callback's. */
function imageContent(image: unknown): BotContent {
  const url = readText(image, 'url');
  if (url === undefined) return missing('other');
  const key = readText(image, 'aeskey');
  return { ...NOTHING, media: [mediaRef({ url, ...(key === undefined ? {} : { key }) })] };
}

const missing = (kind: UnreadableKind): BotContent => ({ ...NOTHING, unreadable: [kind] });
