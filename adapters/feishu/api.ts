import type { Client } from '@larksuiteoapi/node-sdk';
import type { CallBudget, PlannedCall } from '../../src/contract/budget.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Logger } from '../../src/contract/runtime.ts';
import { createCallErrors, type MissingScopes } from '../shared/call-errors.ts';
import type { HttpMethod } from '../shared/http.ts';
import { parseJson } from '../shared/json.ts';
import type { TokenCache } from '../shared/token-cache.ts';
import { readRefusal, type Refusal } from './error-codes.ts';
import type { Download, Exchange } from './sdk-http.ts';

/** One call of one API. `data` is asked once, at the moment the call first leaves. */
export type ApiCall = {
  readonly planned: PlannedCall;
  readonly method: HttpMethod;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly data?: () => Readonly<Record<string, unknown>>;
};

/** Rejects with `AdapterError` only. */
export type FeishuApi = {
  /** The answer's body, passed through `decode`; undefined from `decode` means an answer that is not the API's. */
  readonly call: <Result>(
    call: ApiCall,
    decode: (body: unknown) => Result | undefined,
    signal: AbortSignal,
  ) => Promise<Result>;
  /** A download: the body as it arrives. Its iteration, too, rejects with `AdapterError` only. */
  readonly download: (call: ApiCall, signal: AbortSignal) => Promise<Download>;
};

export type ApiOptions = {
  readonly client: Client;
  /** How the SDK takes the token of one call: its `withTenantToken`. */
  readonly withToken: (token: string) => NonNullable<Parameters<Client['request']>[1]>;
  readonly tokens: TokenCache;
  readonly budget: CallBudget;
  readonly log: Logger;
  /** The tenant's calls of this month are used up. */
  readonly onQuotaExhausted: () => void;
};

export const { toAdapterError, leave, withAdapterErrors, invalidReference } = createCallErrors('feishu');

/** An answer that says no may be long only because of our own content; more than this is read for nothing. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/**
 * The one way out to the Open API: token, budget, the SDK's `Client.request`, and the verdict on the answer. The SDK's
 * typed methods add nothing to it but drop the signal.
 */
export function createFeishuApi(options: ApiOptions): FeishuApi {
  const { client, withToken, tokens, budget, log, onQuotaExhausted } = options;

  async function send<Answer extends Exchange | Download>(
    call: ApiCall,
    stream: boolean,
    signal: AbortSignal,
  ): Promise<Answer> {
    let data: Readonly<Record<string, unknown>> | undefined;
    const request = async (token: string): Promise<Answer> => {
      data ??= call.data?.();
      return client.request<Answer>(
        {
          method: call.method,
          url: call.path,
          ...(call.query === undefined ? {} : { params: call.query }),
          ...(data === undefined ? {} : { data }),
          ...(stream ? { responseType: 'stream' } : {}),
          signal,
        },
        withToken(token),
      );
    };
    for (let attempt = 1; ; attempt += 1) {
      const token = await tokens.get(signal).catch((error: unknown) => fail(call, error, signal));
      const answer = await leave({ budget, call: call.planned, reading: call.method === 'GET', signal }, () =>
        request(token),
      );
      const refusal = await refusalOf(answer);
      if (refusal === undefined) return answer;
      if (refusal.tokenRefused) {
        tokens.invalidate(token);
        // Nothing was done with the call, so it may be made again; but a fresh token is tried only once.
        if (attempt === 1) continue;
      }
      if (refusal.code === 'rate-limited') budget.slowDown(call.planned, refusal.retryAfterMs);
      if (refusal.code === 'quota-exhausted') onQuotaExhausted();
      log.debug(
        { api: call.planned.api, code: refusal.platformCode, logId: refusal.logId },
        'feishu refused a call',
      );
      throw refused(call.planned.api, refusal, answer.status, call.method);
    }
  }

  return {
    async call(call, decode, signal) {
      const { body } = await send<Exchange>(call, false, signal);
      const result = decode(body);
      if (result !== undefined) return result;
      const sent = call.method === 'GET' ? 'no' : 'maybe';
      throw new AdapterError('unavailable', `feishu ${call.planned.api}: an answer without its fields`, {
        sent,
      });
    },
    async download(call, signal) {
      const answer = await send<Download>(call, true, signal);
      return { ...answer, body: withAdapterErrors(call.planned.api, answer.body, signal) };
    },
  };
}

/** An error for a refusal; used for the token's own API as well, which stands before all others. */
export function refused(api: string, refusal: Refusal, status: number, method: HttpMethod): AdapterError {
  const { code, platformCode, logId, retryAfterMs, missingScopes } = refusal;
  const cause: MissingScopes | undefined = missingScopes.length > 0 ? { missingScopes } : undefined;
  return new AdapterError(
    code,
    `feishu ${api}: ${platformCode}${logId === undefined ? '' : ` (log ${logId})`}`,
    {
      platformCode,
      // A gateway that answers 5xx may have passed the call on.
      sent: status >= 500 && method !== 'GET' ? 'maybe' : 'no',
      ...(cause === undefined ? {} : { cause }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

function fail(call: ApiCall, error: unknown, signal: AbortSignal): never {
  throw toAdapterError(call.planned.api, error, signal, true);
}

/** Reads the body of a download only when it is a refusal: not 2xx, or JSON in place of a picture. */
async function refusalOf(answer: Exchange | Download): Promise<Refusal | undefined> {
  if (!isDownload(answer)) return readRefusal(answer);
  const isJson = answer.headers['content-type']?.includes('application/json') ?? false;
  if (answer.status >= 200 && answer.status < 300 && !isJson) return undefined;
  const body = parseJson(await readStart(answer.body));
  return readRefusal({ ...answer, body });
}

function isDownload(answer: Exchange | Download): answer is Download {
  return typeof answer.body === 'object' && answer.body !== null && Symbol.asyncIterator in answer.body;
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of body) {
      pieces.push(piece);
      bytes += piece.byteLength;
      if (bytes > MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // Cut off in the middle of saying no: the status is still known.
  }
  return Buffer.concat(pieces).toString('utf8');
}
