import type { CallBudget, PlannedCall } from '../../src/contract/budget.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Logger } from '../../src/contract/runtime.ts';
import { createCallErrors, type MissingScopes } from '../shared/call-errors.ts';
import type { HttpAnswer, HttpClient, HttpMethod } from '../shared/http.ts';
import { parseJson } from '../shared/json.ts';
import type { TokenCache } from '../shared/token-cache.ts';
import { readRefusal, type Refusal } from './error-codes.ts';

/** One call of one API. `body` is asked once, at the moment the call leaves; undefined then: there is nothing to do. */
export type ApiCall = {
  readonly planned: PlannedCall;
  readonly method: HttpMethod;
  readonly url: string;
  /** `none` for the session webhook, whose address is the proof, and for the gateway. */
  readonly token: 'needed' | 'none';
  readonly body: () => Readonly<Record<string, unknown>> | undefined;
};

/** Rejects with `AdapterError` only. */
export type DingTalkApi = {
  /**
   * The answer's body, passed through `decode`; undefined from `decode` means an answer that is not the API's. Undefined
   * when the body said that there is nothing to do.
   */
  call<Result extends object | string | true>(
    call: ApiCall,
    decode: (body: unknown) => Result | undefined,
    signal: AbortSignal,
  ): Promise<Result | undefined>;
};

export type ApiOptions = {
  readonly http: HttpClient;
  readonly tokens: Pick<TokenCache, 'get' | 'invalidate'>;
  readonly budget: CallBudget;
  readonly log: Logger;
  /** The organisation's calls of this month are used up. */
  readonly onQuotaExhausted: () => void;
};

export const { toAdapterError, leave, withAdapterErrors, invalidReference } = createCallErrors('dingtalk');

/** Instead of an answer: the body had nothing to say any more. */
const NOTHING = Symbol('nothing to do');

/** The one way out to both hosts: token, budget, HTTP, and the verdict on the answer, which may be a no under 200. */
export function createDingTalkApi({ http, tokens, budget, log, onQuotaExhausted }: ApiOptions): DingTalkApi {
  async function exchange(
    call: ApiCall,
    token: string | undefined,
    body: () => string | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer<string> | typeof NOTHING> {
    return leave({ budget, call: call.planned, reading: call.method === 'GET', signal }, async () => {
      const text = body();
      if (text === undefined) return NOTHING;
      return http.exchange({
        method: call.method,
        url: call.url,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json', // without it the gateway answers XML
          ...(token === undefined ? {} : { 'x-acs-dingtalk-access-token': token }),
        },
        body: text,
        signal,
      });
    });
  }

  return {
    async call(call, decode, signal) {
      const body = once(() => {
        const fields = call.body();
        return fields === undefined ? undefined : JSON.stringify(fields);
      });
      for (let attempt = 1; ; attempt += 1) {
        const token = call.token === 'none' ? undefined : await tokenFor(call, tokens, signal);
        const answer = await exchange(call, token, body, signal);
        if (answer === NOTHING) return undefined;
        const decoded = parseJson(answer.body);
        const refusal = readRefusal({ status: answer.status, body: decoded });
        if (refusal === undefined) return expected(call, decode(decoded));
        if (refusal.tokenRefused && token !== undefined) {
          tokens.invalidate(token);
          // Nothing was done with the call, so it may be made again; but a fresh token is tried only once.
          if (attempt === 1) continue;
        }
        if (refusal.code === 'rate-limited') budget.slowDown(call.planned, refusal.retryAfterMs);
        if (refusal.code === 'quota-exhausted') onQuotaExhausted();
        const { platformCode, requestId } = refusal;
        log.debug({ api: call.planned.api, code: platformCode, requestId }, 'dingtalk refused a call');
        throw refused(call.planned.api, refusal, answer.status);
      }
    },
  };
}

/** An error for a refusal; used for the token's own API as well, which stands before all others. */
export function refused(api: string, refusal: Refusal, status: number): AdapterError {
  const { code, platformCode, requestId, retryAfterMs, missingScopes } = refusal;
  const cause: MissingScopes | undefined = missingScopes.length > 0 ? { missingScopes } : undefined;
  // A gateway that gives up waiting, or fails by itself, may have passed the call on; what is refused, in the platform's
  // own words or by 503, was not done.
  const passedOn = status === 504 || (status >= 500 && status !== 503 && platformCode === `http ${status}`);
  return new AdapterError(
    code,
    `dingtalk ${api}: ${platformCode}${requestId === undefined ? '' : ` (request ${requestId})`}`,
    {
      platformCode,
      sent: passedOn ? 'maybe' : 'no',
      ...(cause === undefined ? {} : { cause }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

/** For failures inside an answer that says success, and for what cannot be done in this place. */
export function cannot(code: AdapterError['code'], platformCode: string): AdapterError {
  return new AdapterError(code, `dingtalk: ${platformCode}`, { platformCode });
}

async function tokenFor(
  call: ApiCall,
  tokens: Pick<TokenCache, 'get'>,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await tokens.get(signal);
  } catch (error) {
    throw toAdapterError(call.planned.api, error, signal, true);
  }
}

function expected<Result>(call: ApiCall, result: Result | undefined): Result {
  if (result !== undefined) return result;
  throw new AdapterError('unavailable', `dingtalk ${call.planned.api}: an answer without its fields`, {
    sent: 'maybe',
  });
}

/** A repeated call must carry the same as the first time, so what it carries is made once. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
