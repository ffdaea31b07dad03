import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import type { WebhookRequest } from '../../src/contract/adapter.ts';
import { isFields, parseJson, read, readText } from '../shared/json.ts';

export type VerifyKeys = {
  readonly appId: string;
  readonly encryptKey: string;
  readonly verificationToken: string;
  /** How far the timestamp may be from our clock, either way. */
  readonly windowMs: number;
};

/** `reason` is for the log; the answer to the sender never says why. */
export type Verified =
  | { readonly type: 'event'; readonly payload: unknown; readonly signature: string }
  | { readonly type: 'challenge'; readonly challenge: string }
  | { readonly type: 'refused'; readonly status: 400 | 401 | 415; readonly reason: string };

/** Feishu's own challenges are short; what is longer is somebody having us echo their text. */
const MAX_CHALLENGE_CHARACTERS = 256;

const refused = (status: 400 | 401 | 415, reason: string): Verified => ({ type: 'refused', status, reason });

/**
 * Decides over the raw bytes whether Feishu sent this request, and takes it out of its envelope. Pure.
 *
 * An event must be signed, in time, encrypted, and carry the verification token; the SDK's own check covers a
 * re-serialised body and neither token nor time. The check of the address (`url_verification`) is not signed; it may be
 * plain or encrypted, and must carry the token.
 */
export function verifyWebhook(request: WebhookRequest, keys: VerifyKeys, now: Date): Verified {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return refused(415, 'a content encoding');
  const text = decodeUtf8(request.body);
  const body = text === undefined ? undefined : parseJson(text);
  if (!isFields(body)) return refused(400, 'not a JSON object');

  const signature = request.headers['x-lark-signature'];
  if (signature === undefined) return verifyChallenge(body, keys);
  const fault = signatureFault(request, signature, keys, now);
  if (fault !== undefined) return refused(401, fault);
  const payload = decryptBody(body, keys.encryptKey);
  if (payload === undefined) return refused(401, 'not encrypted with our key');
  if (!tokenMatches(payload, keys.verificationToken)) return refused(401, 'another verification token');
  if (readText(payload, 'type') === 'url_verification') return challengeOf(payload);
  const appId = readText(payload, 'header', 'app_id');
  if (appId !== undefined && appId !== keys.appId) return refused(401, 'another app');
  return { type: 'event', payload, signature };
}

function verifyChallenge(body: unknown, keys: VerifyKeys): Verified {
  const payload = read(body, 'encrypt') === undefined ? body : decryptBody(body, keys.encryptKey);
  if (readText(payload, 'type') !== 'url_verification') return refused(401, 'not signed');
  if (!tokenMatches(payload, keys.verificationToken)) return refused(401, 'another verification token');
  return challengeOf(payload);
}

function challengeOf(payload: unknown): Verified {
  const challenge = readText(payload, 'challenge');
  if (challenge === undefined || challenge.length > MAX_CHALLENGE_CHARACTERS) {
    return refused(400, 'no challenge');
  }
  return { type: 'challenge', challenge };
}

/** `hex(sha256(timestamp + nonce + encryptKey + rawBody))`; the timestamp is in seconds. */
function signatureFault(
  request: WebhookRequest,
  signature: string,
  { encryptKey, windowMs }: VerifyKeys,
  now: Date,
): string | undefined {
  const timestamp = request.headers['x-lark-request-timestamp'] ?? '';
  const nonce = request.headers['x-lark-request-nonce'] ?? '';
  const expected = createHash('sha256')
    .update(timestamp + nonce + encryptKey)
    .update(request.body)
    .digest('hex');
  if (!sameText(signature, expected)) return 'a wrong signature';
  if (!/^\d{1,12}$/.test(timestamp)) return 'no timestamp';
  return Math.abs(now.getTime() - Number(timestamp) * 1000) > windowMs ? 'out of the time window' : undefined;
}

/** AES-256-CBC under SHA-256 of the encrypt key; base64 of 16 bytes of IV and the ciphertext. */
function decryptBody(body: unknown, encryptKey: string): unknown {
  const encrypted = Buffer.from(readText(body, 'encrypt') ?? '', 'base64');
  const key = createHash('sha256').update(encryptKey).digest();
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, encrypted.subarray(0, 16));
    const plain = Buffer.concat([decipher.update(encrypted.subarray(16)), decipher.final()]);
    const text = decodeUtf8(plain);
    return text === undefined ? undefined : parseJson(text);
  } catch {
    return undefined; // not made with our key: too short, a broken block, wrong padding
  }
}

/** Version 2 events carry the token in the header, version 1 and the address check at the top. */
function tokenMatches(payload: unknown, verificationToken: string): boolean {
  const token = readText(payload, 'header', 'token') ?? readText(payload, 'token');
  return token !== undefined && sameText(token, verificationToken);
}

/** Compares digests, so that the time taken tells neither content nor length. */
function sameText(one: string, other: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(one).digest(),
    createHash('sha256').update(other).digest(),
  );
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
