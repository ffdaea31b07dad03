import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { WebhookRequest } from '../../src/contract/adapter.ts';
import { isFields, parseJson, type Fields } from '../shared/json.ts';

export type VerifyKeys = {
  readonly clientSecret: string;
  /** How far the timestamp may be from our clock, either way. */
  readonly windowMs: number;
};

/** `reason` is for the log; the answer to the sender never says why. */
export type Verified =
  | { readonly type: 'message'; readonly payload: Fields; readonly proof: string; readonly digest: string }
  | { readonly type: 'refused'; readonly status: 400 | 401 | 415; readonly reason: string };

const refused = (status: 400 | 401 | 415, reason: string): Verified => ({ type: 'refused', status, reason });

/**
 * Decides whether DingTalk sent this request. Pure. The signature covers the time and nothing else, so it only shows
 * that the sender has seen a genuine request of the last minute: `proof` must be good for one body (`digest`) only.
 */
export function verifyWebhook(request: WebhookRequest, keys: VerifyKeys, now: Date): Verified {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return refused(415, 'a content encoding');
  const timestamp = request.headers['timestamp'] ?? '';
  const sign = request.headers['sign'] ?? '';
  if (!/^\d{13}$/.test(timestamp)) return refused(401, 'no timestamp');
  if (!sameText(sign, signatureOf(timestamp, keys.clientSecret))) return refused(401, 'a wrong signature');
  if (Math.abs(now.getTime() - Number(timestamp)) > keys.windowMs) {
    return refused(401, 'out of the time window');
  }
  const payload = parseJson(Buffer.from(request.body).toString('utf8'));
  if (!isFields(payload)) return refused(400, 'not a JSON object');
  const digest = createHash('sha256').update(request.body).digest('hex');
  return { type: 'message', payload, proof: timestamp, digest };
}

/** `base64(HMAC-SHA256(secret, timestamp + "\n" + secret))`; the timestamp is in milliseconds. */
export function signatureOf(timestamp: string, clientSecret: string): string {
  return createHmac('sha256', clientSecret).update(`${timestamp}\n${clientSecret}`).digest('base64');
}

/** Compares digests, so that the time taken tells neither content nor length. */
function sameText(one: string, other: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(one).digest(),
    createHash('sha256').update(other).digest(),
  );
}
