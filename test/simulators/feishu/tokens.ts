import { FeishuFault } from './fault.ts';
import type { Ids } from './ids.ts';

const renewalMs = 30 * 60_000;

/** Tenant access tokens: the same one while more than 30 minutes remain, then a new one beside it. */
export type Tokens = {
  issue(nowMs: number): { readonly token: string; readonly expireSeconds: number };
  /** Throws the gateway's refusal for a missing, malformed, unknown or expired token. */
  check(authorization: string | undefined, nowMs: number): void;
  /** Every token issued so far stops working at once. */
  revoke(): void;
};

export function createTokens(ids: Ids, lifeSeconds: number): Tokens {
  const expiry = new Map<string, number>();
  let current: string | undefined;

  return {
    issue(nowMs) {
      const remainingMs = (expiry.get(current ?? '') ?? 0) - nowMs;
      // A life shortened for tests would never be renewed by the 30-minute rule alone.
      if (current === undefined || remainingMs < Math.min(renewalMs, lifeSeconds * 500)) {
        current = `t-${ids.hex(40)}`;
        expiry.set(current, nowMs + lifeSeconds * 1000);
      }
      for (const [token, expiresMs] of expiry) if (expiresMs <= nowMs) expiry.delete(token);
      return { token: current, expireSeconds: Math.floor(((expiry.get(current) ?? nowMs) - nowMs) / 1000) };
    },
    check(authorization, nowMs) {
      const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined)
        throw new FeishuFault(
          99991661,
          'Missing access token for authorization. Please make a request with token attached.',
        );
      if (!/^[tu]-/.test(token)) throw new FeishuFault(99991671, 'Invalid token: must start with t-/u-');
      if (token.startsWith('u-'))
        throw new FeishuFault(
          99991668,
          'Invalid access token for authorization. Please make a request with token attached.',
        );
      if ((expiry.get(token) ?? 0) <= nowMs) {
        throw new FeishuFault(
          99991663,
          'Invalid access token for authorization. Please make a test attempt with the correct token.',
        );
      }
    },
    revoke() {
      expiry.clear();
      current = undefined;
    },
  };
}
