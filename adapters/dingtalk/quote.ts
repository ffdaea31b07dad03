import type { QuoteRef } from '../../src/contract/ids.ts';
import type { QuotedMessage } from '../../src/contract/media.ts';
import { invalidReference } from './api.ts';
import { mediaRef, readQuoteRef } from './decode/ids.ts';
import { readUnreadable } from './decode/unreadable.ts';
import type { ShownMemory } from './shown-memory.ts';

/** The quoted message. The event held it, as far as DingTalk gives it; of our own cards we know more ourselves. */
export async function fetchDingTalkQuote(
  shown: Pick<ShownMemory, 'recall'>,
  ref: QuoteRef,
): Promise<QuotedMessage> {
  const found = readQuoteRef(ref);
  if (found === undefined) throw invalidReference('quote reference');
  const { author, text, media, unreadable, processQueryKey } = found;
  const own = processQueryKey === undefined ? undefined : shown.recall(processQueryKey);
  if (own !== undefined) return { author: 'self', text: own, media: [], unreadable: [] };
  return { author, text, media: media.map(mediaRef), unreadable: unreadable.flatMap(readUnreadable) };
}
