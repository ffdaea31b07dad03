import type { QuotedMessage } from '../../../src/contract/media.ts';
import { readList, readText } from '../../shared/json.ts';
import { readCardText } from './content/card.ts';
import { readContent } from './content/registry.ts';
import { mediaRef } from './ids.ts';
import { joinSegments, readMentions, type Mentions } from './mentions.ts';

type Self = { readonly appId: string; readonly botOpenId: string };

/** Of a forwarded conversation so many messages are read; their pictures cannot be fetched (code 234043). */
const MAX_FORWARDED = 50;

/**
 * A quoted message as `GET /im/v1/messages/:id` gives it: the first item is the message, further ones are what it
 * forwards. Undefined when there is no message in it.
 */
export function decodeQuoted(items: readonly unknown[], self: Self): QuotedMessage | undefined {
  const [message, ...forwarded] = items;
  const messageId = readText(message, 'message_id');
  const kind = readText(message, 'msg_type');
  if (messageId === undefined || kind === undefined) return undefined;
  const author = authorOf(message, self.appId);
  if (kind === 'merge_forward' || kind === 'interactive') {
    const text =
      kind === 'interactive' ? readCardText(contentOf(message)) : forwardedText(forwarded, messageId, self);
    const missing = kind === 'interactive' ? 'card' : 'forwarded';
    return { author, text, media: [], unreadable: text === '' ? [missing] : [] };
  }
  const content = readContent(kind, contentOf(message), mentionsOf(message, self));
  return {
    author,
    text: joinSegments(content.segments),
    media: content.imageKeys.map((imageKey) => mediaRef({ messageId, imageKey })),
    unreadable: content.unreadable,
  };
}

/** Forwards inside a forward come in the same list, under another `upper_message_id`; their words count as well. */
function forwardedText(children: readonly unknown[], messageId: string, self: Self): string {
  return children
    .filter((child) => readText(child, 'message_id') !== messageId)
    .slice(0, MAX_FORWARDED)
    .map((child) => {
      const content = readContent(
        readText(child, 'msg_type') ?? '',
        contentOf(child),
        mentionsOf(child, self),
      );
      return joinSegments(content.segments);
    })
    .filter((text) => text !== '')
    .join('\n');
}

function authorOf(message: unknown, appId: string): QuotedMessage['author'] {
  if (readText(message, 'sender', 'sender_type') === 'user') return 'person';
  return readText(message, 'sender', 'id') === appId ? 'self' : 'other-bot';
}

const contentOf = (message: unknown): string => readText(message, 'body', 'content') ?? '';

function mentionsOf(message: unknown, { botOpenId }: Self): Mentions {
  return readMentions(readList(message, 'mentions'), botOpenId);
}
