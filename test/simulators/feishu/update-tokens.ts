import { FeishuFault } from './fault.ts';
import type { Ids } from './ids.ts';

type UpdateToken = { readonly messageId: string; readonly issuedMs: number; uses: number; answered: boolean };

/** The `c-…` tokens of card callbacks: valid 30 minutes, usable twice, and only once the callback was answered. */
export type UpdateTokens = {
  issue(messageId: string, nowMs: number): string;
  /** The callback of this token was answered. */
  answered(token: string): void;
  /** The message it may update; throws 300020, 300030 or 300040. Uses the token up. */
  use(token: string, nowMs: number): string;
};

const lifeMs = 30 * 60_000;
const maxUses = 2;
const capacity = 10_000;

export function createUpdateTokens(ids: Ids): UpdateTokens {
  const tokens = new Map<string, UpdateToken>();
  return {
    issue(messageId, nowMs) {
      const token = ids.prefixed('c-');
      tokens.set(token, { messageId, issuedMs: nowMs, uses: 0, answered: false });
      const oldest = tokens.keys().next().value;
      if (tokens.size > capacity && oldest !== undefined) tokens.delete(oldest);
      return token;
    },
    answered(token) {
      const known = tokens.get(token);
      if (known !== undefined) known.answered = true;
    },
    use(token, nowMs) {
      if (!token.startsWith('c-')) throw new FeishuFault(300020, 'invalid update token');
      const known = tokens.get(token);
      // Before the answer an update fails or is undone; it is refused here so that a test can see it.
      if (known?.answered !== true || nowMs - known.issuedMs >= lifeMs) {
        throw new FeishuFault(300030, 'the update token is not valid');
      }
      if (known.uses >= maxUses) throw new FeishuFault(300040, 'the update token was used too often');
      known.uses += 1;
      return known.messageId;
    },
  };
}
