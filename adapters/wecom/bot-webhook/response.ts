import type { AdapterError } from '../../../src/contract/errors.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import type { HttpClient } from '../../shared/http.ts';
import { parseJson, readNumber, readText } from '../../shared/json.ts';
import { createRecentKeys } from '../../shared/recent-keys.ts';
import { badStatus, refused, toAdapterError } from '../api.ts';
import { readRefusal } from '../error-codes.ts';
import type { MediaHosts } from '../media-hosts.ts';
import type { WebhookTarget } from './types.ts';

/** The one further message that a callback's `response_url` takes, within an hour (path 101138). */
export type Responses = {
  /** False once it was used, or when it is too late, or when there never was one. */
  available(target: WebhookTarget): boolean;
  /** Rejects with `AdapterError` only. Repeating one that perhaps got through is harmless: a second is not shown. */
  send(target: WebhookTarget, content: string, signal: AbortSignal): Promise<void>;
};

type ResponseOptions = { readonly http: HttpClient; readonly hosts: MediaHosts; readonly clock: Clock };

/** An hour (path 101138), less a minute for the way. */
const RESPONSE_MS = 59 * 60_000;
const MAX_REMEMBERED = 5_000;
const API = 'aibot.response';

export function createResponses({ http, hosts, clock }: ResponseOptions): Responses {
  const used = createRecentKeys(MAX_REMEMBERED);

  async function post(url: string, content: string, signal: AbortSignal): Promise<void> {
    const answer = await http.exchange({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ msgtype: 'markdown', markdown: { content } }),
      signal,
    });
    const body = parseJson(answer.body);
    const errcode = readNumber(body, 'errcode');
    if (errcode === undefined && (answer.status < 200 || answer.status >= 300))
      throw badStatus(API, answer.status, answer.status >= 500 ? 'maybe' : 'no');
    const refusal = readRefusal(errcode, readText(body, 'errmsg'));
    if (refusal === undefined) return;
    // Whatever is wrong with this address will not mend: it was good for one message.
    throw refused(API, refusal.code === 'invalid' ? { ...refusal, code: 'reply-closed' } : refusal);
  }

  return {
    available({ streamId, receivedAt, responseUrl }) {
      const inTime = clock.now().getTime() - receivedAt < RESPONSE_MS;
      return responseUrl !== undefined && inTime && !used.has(streamId);
    },
    async send(target, content, signal) {
      const { streamId, responseUrl } = target;
      if (responseUrl === undefined || !this.available(target)) throw noRoom();
      hosts.check(responseUrl);
      try {
        await post(responseUrl, content, signal);
      } catch (error) {
        throw toAdapterError(API, error, signal, false);
      }
      used.add(streamId);
    },
  };
}

/** Neither stream nor further message is left for this reply. */
export function noRoom(): AdapterError {
  return refused(API, { code: 'reply-closed', errcode: 0 });
}
