import { WeComFault } from '../fault.ts';
import type { HttpAnswer } from '../http-service.ts';
import type { Platform } from '../platform.ts';

/** Access tokens of the app: the same one until it expires. */
export type Tokens = {
  issue(query: URLSearchParams): HttpAnswer;
  /** Refuses: 41001 missing, 40014 unknown or revoked, 42001 (or 40014) expired. */
  check(token: string | null): void;
  /** The token stops working before its time, as the platform may decide. */
  revoke(): void;
};

export function createTokens({ corp, ids, rules, quotas, now }: Platform): Tokens {
  const { tokenSeconds } = rules.limits;
  let current: { readonly token: string; readonly expiresMs: number } | undefined;
  let expired: string | undefined;
  return {
    issue(query) {
      if (query.get('corpid') !== corp.corpId) throw new WeComFault(40013, 'invalid corpid');
      if (query.get('corpsecret') !== corp.agentSecret) throw new WeComFault(40001, 'invalid credential');
      quotas.tokenRequest(now());
      if (current === undefined || current.expiresMs <= now()) {
        expired = current?.token;
        current = { token: ids.word(214), expiresMs: now() + tokenSeconds * 1000 };
      }
      const expires_in = Math.floor((current.expiresMs - now()) / 1000);
      return { json: { errcode: 0, errmsg: 'ok', access_token: current.token, expires_in } };
    },
    check(token) {
      if (token === null || token === '') throw new WeComFault(41001, 'access_token missing');
      const outlived = token === expired || (token === current?.token && current.expiresMs <= now());
      if (outlived) throw new WeComFault(rules.expiredTokenCode, 'access_token expired');
      if (token !== current?.token) throw new WeComFault(40014, 'invalid access_token');
    },
    revoke() {
      current = undefined;
    },
  };
}
