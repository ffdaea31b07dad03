import { createHash } from 'node:crypto';
import type { Clock } from '../../../src/contract/runtime.ts';

/**
 * WeCom can leave out a message whose content it has delivered lately: the only idempotency there is, so every message
 * asks for it. But two answers may rightly be the same; the second then must not ask.
 */
export type Repeats = {
  /**
   * Whether `content` may be sent with the duplicate check: unless another message, which `key` does not name, has sent
   * the same or is about to.
   */
  claim(userId: string, content: string, key: string): boolean;
  /** It was certainly not sent. */
  release(userId: string, content: string, key: string): void;
};

const INTERVAL_MS = 600_000;
const MAX_REMEMBERED = 5_000;

/** In memory: after a restart the check is asked for again, which is what a reply taken up then needs (see `mark.ts`). */
export function createRepeats(clock: Clock): Repeats {
  const claims = new Map<string, { readonly key: string; readonly at: number }>();
  return {
    claim(userId, content, key) {
      const name = nameOf(userId, content);
      const now = clock.now().getTime();
      const known = claims.get(name);
      if (known !== undefined && known.key !== key && now - known.at < INTERVAL_MS) return false;
      claims.delete(name);
      claims.set(name, { key, at: now });
      const oldest = claims.size > MAX_REMEMBERED ? claims.keys().next().value : undefined;
      if (oldest !== undefined) claims.delete(oldest);
      return true;
    },
    release(userId, content, key) {
      const name = nameOf(userId, content);
      if (claims.get(name)?.key === key) claims.delete(name);
    },
  };
}

function nameOf(userId: string, content: string): string {
  return createHash('sha256')
    .update(JSON.stringify([userId, content]))
    .digest('base64');
}
