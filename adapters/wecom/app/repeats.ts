import { createHash } from 'node:crypto';
import type { Clock } from '../../../src/contract/runtime.ts';

/**
 * WeCom can leave out a message whose content it has delivered lately: the only idempotency there is, so every message
 * asks for it. But two answers may rightly be the same; the second then must not ask.
 */
export type Repeats = {
  /** Whether `content` may be sent with the duplicate check, for the reply named `key`. */
  mayCheck(userId: string, content: string, key: string): boolean;
};

const INTERVAL_MS = 600_000;
const MAX_REMEMBERED = 5_000;

/** In memory: after a restart the check is asked for again, which is what a reply taken up then needs. */
export function createRepeats(clock: Clock): Repeats {
  const sent = new Map<string, { readonly key: string; readonly at: number }>();
  return {
    mayCheck(userId, content, key) {
      const name = createHash('sha256')
        .update(JSON.stringify([userId, content]))
        .digest('base64');
      const now = clock.now().getTime();
      const known = sent.get(name);
      if (known !== undefined && known.key !== key && now - known.at < INTERVAL_MS) return false;
      sent.delete(name);
      sent.set(name, { key, at: now });
      const oldest = sent.size > MAX_REMEMBERED ? sent.keys().next().value : undefined;
      if (oldest !== undefined) sent.delete(oldest);
      return true;
    },
  };
}
