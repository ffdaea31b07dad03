import type { Card } from './card.ts';
import type { Platform } from './platform.ts';

/** Tells watchers that a card looks different now. */
export function announceCard(platform: Platform, { outTrackId }: Card): void {
  platform.changes.emit({ type: 'card-changed', outTrackId });
}
