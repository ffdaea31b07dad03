import type { CallBudget, CallUrgency, PlannedCall } from '../../../src/contract/budget.ts';
import type { MediaBody } from '../../../src/contract/media.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import type { HttpAnswer, HttpClient } from '../../shared/http.ts';
import { parseJson, readNumber, readText } from '../../shared/json.ts';
import { createTokenCache, type FreshToken } from '../../shared/token-cache.ts';
import { badStatus, leave, malformed, refused, toAdapterError, withAdapterErrors } from '../api.ts';
import type { AppConfig } from '../config.ts';
import { readRefusal, type Refusal } from '../error-codes.ts';

/**
 * One message to one person. `content` is asked at the moment the call leaves; undefined: there is nothing to say, and no
 * call. `once`: WeCom itself leaves a repetition of the same content out for ten minutes.
 */
export type AppMessage = {
  readonly userId: string;
  readonly content: () => string | undefined;
  readonly once: boolean;
};

/** Every call of the app's API. Each waits for the call budget and rejects with `AdapterError` only. */
export type AppCalls = {
  sendMarkdown(message: AppMessage, urgency: CallUrgency, signal: AbortSignal): Promise<void>;
  openMedia(mediaId: string, signal: AbortSignal): Promise<MediaBody>;
  /** A token past the cache: whether the credentials are right. `by`: the client to ask with, else the usual one. */
  requestToken(signal: AbortSignal, by?: HttpClient): Promise<unknown>;
  /** The app's own description: whether our address is trusted and the AgentId right. */
  describeApp(signal: AbortSignal): Promise<unknown>;
  stop(): void;
};

type CallsOptions = {
  readonly config: AppConfig;
  readonly http: HttpClient;
  readonly budget: CallBudget;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with every verdict, so that a refusal that needs a person shows in the health. */
  readonly onVerdict: (refusal: Refusal | undefined) => void;
};

/** A token lives for 7,200 s and may end earlier; until it is used up the same one is given. */
const RENEW_BEFORE_MS = 5 * 60_000;
const REPEAT_SECONDS = 600;
/** A refusal is short; a picture is streamed and never read here. */
const MAX_REFUSAL_BYTES = 64 * 1024;
const TOKEN_CALL: PlannedCall = { api: 'gettoken', urgency: 'first' };

/** `body` is asked when the call leaves; undefined: it need not. */
type Request =
  | { readonly method: 'GET'; readonly path: string }
  | { readonly method: 'POST'; readonly path: string; readonly body: () => object | undefined };

export function createAppCalls({ config, http, budget, clock, log, onVerdict }: CallsOptions): AppCalls {
  const { corpId, agentId, secret, baseUrl } = config;
  const tokens = createTokenCache({
    clock,
    request: (signal) => requestToken(signal),
    renewBeforeMs: RENEW_BEFORE_MS,
  });

  /** The address holds the secret: it appears in no error, and logs mask it. */
  async function requestToken(signal: AbortSignal, by: HttpClient = http): Promise<FreshToken> {
    const query = new URLSearchParams({ corpid: corpId, corpsecret: secret });
    const answer = await leave({ budget, call: TOKEN_CALL, reading: true, signal }, () =>
      by.exchange({ method: 'GET', url: `${baseUrl}/cgi-bin/gettoken?${query.toString()}`, signal }),
    );
    const body = judge(TOKEN_CALL, answer, true);
    const token = readText(body, 'access_token');
    const seconds = readNumber(body, 'expires_in');
    if (token === undefined || seconds === undefined || seconds <= 0) throw malformed('token');
    log.addSecret(token);
    return { token, lifetimeMs: seconds * 1000 };
  }

  /** The answer's body, or the refusal in it: HTTP says 200 to both. */
  function judge(call: PlannedCall, { status, body: text }: HttpAnswer<string>, reading: boolean): unknown {
    const body = parseJson(text);
    const errcode = readNumber(body, 'errcode');
    if (errcode === undefined && status !== 200)
      throw badStatus(call.api, status, reading || status < 500 ? 'no' : 'maybe');
    const refusal = readRefusal(errcode, readText(body, 'errmsg'));
    onVerdict(refusal);
    if (refusal === undefined) return body;
    if (refusal.code === 'rate-limited') budget.slowDown(call, refusal.retryAfterMs);
    throw refused(call.api, refusal);
  }

  /** With a token; a fresh one once, when the platform refuses the one in use (it may be revoked at any time). */
  async function withToken<Result>(
    call: PlannedCall,
    signal: AbortSignal,
    send: (token: string) => Promise<Result>,
  ): Promise<Result> {
    const get = (): Promise<string> =>
      tokens.get(signal).catch((error: unknown) => {
        throw toAdapterError(TOKEN_CALL.api, error, signal, true);
      });
    const token = await get();
    try {
      return await send(token);
    } catch (error) {
      const adapterError = toAdapterError(call.api, error, signal, false);
      if (!REFUSED_TOKEN.has(adapterError.platformCode ?? '')) throw adapterError;
      tokens.invalidate(token);
      return send(await get());
    }
  }

  function exchange(call: PlannedCall, request: Request, signal: AbortSignal): Promise<unknown> {
    const { method, path } = request;
    return withToken(call, signal, async (token) => {
      const answer = await leave({ budget, call, reading: method === 'GET', signal }, async () => {
        const body = request.method === 'POST' ? request.body() : undefined;
        if (request.method === 'POST' && body === undefined) return undefined;
        return http.exchange({
          method,
          url: `${baseUrl}${path}${path.includes('?') ? '&' : '?'}access_token=${encodeURIComponent(token)}`,
          ...(body === undefined ? {} : { body: JSON.stringify(body), headers: JSON_HEADERS }),
          signal,
        });
      });
      return answer === undefined ? undefined : judge(call, answer, method === 'GET');
    });
  }

  return {
    async sendMarkdown({ userId, content, once }, urgency, signal) {
      const call = { api: 'message.send', urgency, chat: userId };
      const check = once ? { enable_duplicate_check: 1, duplicate_check_interval: REPEAT_SECONDS } : {};
      const body = (): object | undefined => {
        const text = content();
        if (text === undefined) return undefined;
        return {
          touser: userId,
          msgtype: 'markdown',
          agentid: agentId,
          markdown: { content: text },
          ...check,
        };
      };
      await exchange(call, { method: 'POST', path: '/cgi-bin/message/send', body }, signal);
    },
    openMedia(mediaId, signal) {
      const call: PlannedCall = { api: 'media.get', urgency: 'first' };
      return withToken(call, signal, async (token) => {
        const query = new URLSearchParams({ access_token: token, media_id: mediaId });
        const url = `${baseUrl}/cgi-bin/media/get?${query.toString()}`;
        const answer = await leave({ budget, call, reading: true, signal }, () =>
          http.open({ method: 'GET', url, signal }),
        );
        const isJson = answer.headers['content-type']?.includes('json') ?? false;
        if (answer.status !== 200 || isJson) {
          judge(call, { ...answer, body: await readStart(answer.body) }, true);
          throw malformed('media');
        }
        const declared = Number(answer.headers['content-length'] ?? Number.NaN);
        const stream = withAdapterErrors(call.api, answer.body, signal);
        return Number.isFinite(declared) ? { stream, declaredBytes: declared } : { stream };
      });
    },
    requestToken,
    describeApp(signal) {
      const call: PlannedCall = { api: 'agent.get', urgency: 'background' };
      return exchange(call, { method: 'GET', path: `/cgi-bin/agent/get?agentid=${agentId}` }, signal);
    },
    stop() {
      tokens.stop();
    },
  };
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
/** Invalid, missing, expired: 40014 is also seen for expired ones. */
const REFUSED_TOKEN: ReadonlySet<string> = new Set(['40014', '41001', '42001']);

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes > MAX_REFUSAL_BYTES) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}
