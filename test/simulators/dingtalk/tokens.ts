import type { Ids } from './ids.ts';

/** Which endpoint a token came from: `/v1.0/oauth2/accessToken`, or the old `gettoken`. */
export type TokenDomain = 'api' | 'oapi';

/** Access tokens: the same one while it is valid, one for each endpoint. */
export type Tokens = {
  issue(domain: TokenDomain, nowMs: number): { readonly token: string; readonly expireSeconds: number };
  valid(token: string, domain: TokenDomain, nowMs: number): boolean;
  /** Every token issued so far stops working at once. */
  revoke(): void;
};

export function createTokens(ids: Ids, lifeSeconds: number, domains: 'shared' | 'separate'): Tokens {
  const issued = new Map<TokenDomain, { readonly token: string; readonly expiresMs: number }>();
  return {
    issue(domain, nowMs) {
      const known = issued.get(domain);
      const current =
        known !== undefined && known.expiresMs > nowMs
          ? known
          : { token: ids.hex(32), expiresMs: nowMs + lifeSeconds * 1000 };
      issued.set(domain, current);
      return { token: current.token, expireSeconds: Math.floor((current.expiresMs - nowMs) / 1000) };
    },
    valid(token, domain, nowMs) {
      return [...issued].some(
        ([from, known]) =>
          known.token === token && known.expiresMs > nowMs && (from === domain || domains === 'shared'),
      );
    },
    revoke: () => issued.clear(),
  };
}
