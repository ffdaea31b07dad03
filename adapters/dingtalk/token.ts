import type { CallBudget, PlannedCall } from '../../src/contract/budget.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import type { HttpClient } from '../shared/http.ts';
import { parseJson, readNumber, readText } from '../shared/json.ts';
import { createTokenCache, type FreshToken, type TokenCache } from '../shared/token-cache.ts';
import { leave, refused } from './api.ts';
import { readRefusal } from './error-codes.ts';

export type TokenOptions = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly budget: CallBudget;
  readonly clock: Clock;
  readonly log: Logger;
};

/** As the official Python SDK has it. */
const RENEW_BEFORE_MS = 5 * 60_000;

const TOKEN_CALL: PlannedCall = { api: 'token', urgency: 'first' };

/**
 * The access token. Our own rather than the SDK's, which asks for each call anew, by an old address that carries the
 * secret in the URL.
 */
export function createAccessTokens(options: TokenOptions): TokenCache {
  return createTokenCache({
    clock: options.clock,
    renewBeforeMs: RENEW_BEFORE_MS,
    request: (signal) => requestToken(options, signal),
  });
}

/** One request, past the cache: also the way to find out whether the credentials are right. */
export async function requestToken(options: TokenOptions, signal: AbortSignal): Promise<FreshToken> {
  const { clientId, clientSecret, baseUrl, http, budget, log } = options;
  const answer = await leave({ budget, call: TOKEN_CALL, reading: true, signal }, () =>
    http.exchange({
      method: 'POST',
      url: `${baseUrl}/v1.0/oauth2/accessToken`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ appKey: clientId, appSecret: clientSecret }),
      signal,
    }),
  );
  const body = parseJson(answer.body);
  const refusal = readRefusal({ status: answer.status, body });
  if (refusal?.code === 'rate-limited') budget.slowDown(TOKEN_CALL, refusal.retryAfterMs);
  if (refusal !== undefined) throw refused('token', refusal, answer.status);
  const token = readText(body, 'accessToken');
  const seconds = readNumber(body, 'expireIn');
  if (token === undefined || seconds === undefined || seconds <= 0) {
    throw new AdapterError('unavailable', 'dingtalk token: an answer without a token');
  }
  log.addSecret(token);
  return { token, lifetimeMs: seconds * 1000 };
}
