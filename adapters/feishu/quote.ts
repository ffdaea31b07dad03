import type { QuoteRef } from '../../src/contract/ids.ts';
import type { QuotedMessage } from '../../src/contract/media.ts';
import { invalidReference } from './api.ts';
import type { FeishuCalls } from './calls.ts';
import { readQuoteRef } from './decode/ids.ts';
import { decodeQuoted } from './decode/quoted.ts';

type QuoteOptions = {
  readonly calls: Pick<FeishuCalls, 'getMessage'>;
  readonly appId: string;
  readonly botOpenId: string;
};

/** The quoted message; the event holds only its id. A message without readable parts says what it held. */
export async function fetchFeishuQuote(
  { calls, appId, botOpenId }: QuoteOptions,
  ref: QuoteRef,
  signal: AbortSignal,
): Promise<QuotedMessage> {
  const found = readQuoteRef(ref);
  if (found === undefined) throw invalidReference('quote reference');
  const { items } = await calls.getMessage(found.messageId, signal);
  const quoted = decodeQuoted(items, { appId, botOpenId }) ?? NOTHING_LEFT;
  // Feishu gives cards back with losses, if at all; what the bot itself said is known better here.
  return quoted.author === 'self' ? { ...quoted, replyId: found.messageId } : quoted;
}

/** A recalled message may still be listed, without content. */
const NOTHING_LEFT: QuotedMessage = { author: 'person', text: '', media: [], unreadable: ['other'] };
