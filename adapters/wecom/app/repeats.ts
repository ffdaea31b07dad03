import { createHash } from 'node:crypto';
import type { Clock } from '../../../src/contract/runtime.ts';

/**
 * WeCom can leave out a message whose content it has delivered lately: the only idempotency there is, so every message
 * asks for it. But two answers may rightly be the same; the second then must not ask.
 */
export type Repeats = {
  /** Whether `content` may be sent with the duplicate check, for the reply named `key`. */
  mayCheck(userId: string, content: string, key: string): boolean;
  /** It was delivered. */
  delivered(userId: string, content: string, key: string): void;
};

const INTERVAL_MS = 600_000;
const MAX_REMEMBERED = 5_000;

/** In memory: after a restart the check is asked for again, which is what a reply taken up then needs. */
export function createRepeats(clock: Clock): Repeats {
  const delivered = new Map<string, { readonly key: string; readonly at: number }>();
  return {
    mayCheck(userId, content, key) {
      const known = delivered.get(nameOf(userId, content));
      return known === undefined || known.key === key || clock.now().getTime() - known.at >= INTERVAL_MS;
    },
    delivered(userId, content, key) {
      const name = nameOf(userId, content);
      delivered.delete(name);
      delivered.set(name, { key, at: clock.now().getTime() });
      const oldest = delivered.size > MAX_REMEMBERED ? delivered.keys().next().value : undefined;
      if (oldest !== undefined) delivered.delete(oldest);
    },
  };
}

function nameOf(userId: string, content: string): string {
  return createHash('sha256')
    .update(JSON.stringify([userId, content]))
    .digest('base64');
}
