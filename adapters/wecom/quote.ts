import type { MediaRef, QuoteRef } from '../../src/contract/ids.ts';
import type { UnreadableKind } from '../../src/contract/inbound.ts';
import type { QuotedMessage } from '../../src/contract/media.ts';
import { isFields, read, readList } from '../shared/json.ts';
import { invalidReference } from './api.ts';

/** The quoted message, which the event held whole. Whose it was, no event says. */
export async function fetchWecomQuote(ref: QuoteRef): Promise<QuotedMessage> {
  const text = read(ref, 'text');
  if (!isFields(ref) || typeof text !== 'string') throw invalidReference('quote reference');
  // Only this adapter mints them, so the lists are what it put in.
  const media = readList(ref, 'media') as readonly MediaRef[];
  const unreadable = readList(ref, 'unreadable') as readonly UnreadableKind[];
  return { author: 'person', text, media, unreadable };
}
