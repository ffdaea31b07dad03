import { createHmac } from 'node:crypto';
import { postWebhook, type WebhookAnswer } from '../feishu/webhook.ts';
import type { JsonObject } from '../feishu/json.ts';
import type { Platform } from './platform.ts';

/**
 * How a callback is signed. `stale`: a right signature of more than an hour ago; `early`: of an hour ahead; `wrong`: with
 * another secret; `missing`: no such headers. An object repeats headers that were used before.
 */
export type CallbackSignature =
  'right' | 'stale' | 'early' | 'wrong' | 'missing' | { readonly timestamp: string; readonly sign: string };

/** Where robot messages are posted instead of over Stream. */
export type CallbackTarget = { readonly url: string; readonly signature: CallbackSignature };

const windowMs = 3_600_000;

/** `base64(HMAC-SHA256(appSecret, timestamp + "\n" + appSecret))`. The body is not covered. */
export function robotSignature(timestamp: string, appSecret: string): string {
  return createHmac('sha256', appSecret).update(`${timestamp}\n${appSecret}`).digest('base64');
}

const lastTimes = new WeakMap<Platform, number>();

function callbackTime(platform: Platform): number {
  const now = platform.now();
  if (platform.rules.callbackTimes === 'free') return now;
  const time = Math.max(now, (lastTimes.get(platform) ?? 0) + 1);
  lastTimes.set(platform, time);
  return time;
}

export function signedHeaders(signature: CallbackSignature, platform: Platform): Record<string, string> {
  const plain = { 'content-type': 'application/json; charset=utf-8' };
  if (signature === 'missing') return plain;
  if (typeof signature === 'object') return { ...plain, ...signature };
  const shift = { right: 0, wrong: 0, stale: -windowMs - 1000, early: windowMs + 1000 }[signature];
  const timestamp = String(callbackTime(platform) + shift);
  const secret = signature === 'wrong' ? `${platform.app.clientSecret}x` : platform.app.clientSecret;
  return { ...plain, timestamp, sign: robotSignature(timestamp, secret) };
}

/** Posts any body under any signature once: for replays and forgeries. Undefined when no answer came. */
export function postCallback(
  target: CallbackTarget,
  body: JsonObject,
  platform: Platform,
): Promise<WebhookAnswer | undefined> {
  const headers = signedHeaders(target.signature, platform);
  return postWebhook(target.url, { body: JSON.stringify(body), headers }, platform.stopped);
}
