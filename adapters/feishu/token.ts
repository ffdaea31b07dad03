import type { CallBudget, PlannedCall } from '../../src/contract/budget.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import type { HttpClient } from '../shared/http.ts';
import { parseJson, readNumber, readText } from '../shared/json.ts';
import { createTokenCache, type FreshToken, type TokenCache } from '../shared/token-cache.ts';
import { leave, refused } from './api.ts';
import { readRefusal } from './error-codes.ts';

export type TokenOptions = {
  readonly appId: string;
  readonly appSecret: string;
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly budget: CallBudget;
  readonly clock: Clock;
  readonly log: Logger;
};

/** A call within the last 30 minutes of a token's life gives a new one, and both work. */
const RENEW_BEFORE_MS = 10 * 60_000;

const TOKEN_CALL: PlannedCall = { api: 'token', urgency: 'first' };

/**
 * The tenant access token. Our own rather than the SDK's, which asks once for each call that starts without a token,
 * keeps a token the platform has refused, and logs the app secret when asking fails.
 */
export function createTenantTokens(options: TokenOptions): TokenCache {
  return createTokenCache({
    clock: options.clock,
    renewBeforeMs: RENEW_BEFORE_MS,
    request: (signal) => requestToken(options, signal),
  });
}

/** One request, past the cache: also the way to find out whether the credentials are right. */
export async function requestToken(options: TokenOptions, signal: AbortSignal): Promise<FreshToken> {
  const { appId, appSecret, baseUrl, http, budget, log } = options;
  const answer = await leave({ budget, call: TOKEN_CALL, reading: true, signal }, () =>
    http.exchange({
      method: 'POST',
      url: `${baseUrl}/open-apis/auth/v3/tenant_access_token/internal`,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ app_id: appId, app_secret: appSecret }),
      signal,
    }),
  );
  const body = parseJson(answer.body);
  const refusal = readRefusal({ ...answer, body });
  if (refusal?.code === 'rate-limited') budget.slowDown(TOKEN_CALL, refusal.retryAfterMs);
  if (refusal !== undefined) {
    // Apart from "too often" and "not now", this API says no only to a wrong id or secret (10003, 10014, …).
    const code =
      refusal.code === 'invalid' && readNumber(body, 'code') !== undefined ? 'unauthorized' : refusal.code;
    throw refused('token', { ...refusal, code }, answer.status, 'GET');
  }
  const token = readText(body, 'tenant_access_token');
  const seconds = readNumber(body, 'expire');
  if (token === undefined || seconds === undefined || seconds <= 0) {
    throw new AdapterError('unavailable', 'feishu token: an answer without a token');
  }
  log.addSecret(token);
  return { token, lifetimeMs: seconds * 1000 };
}
