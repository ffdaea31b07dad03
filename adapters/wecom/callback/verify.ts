import type { WebhookRequest, WebhookResponse } from '../../../src/contract/adapter.ts';
import type { CallbackKeys } from '../config.ts';
import { decryptText, readAesKey, sameSignature, signatureOf } from './crypto.ts';

/** `reason` is for the log only: all refusals look alike from outside. */
export type Verified =
  | { readonly type: 'text'; readonly text: string; readonly nonce: string }
  | { readonly type: 'refused'; readonly reason: 'query' | 'body' | 'signature' | 'decryption' };

export type Verifier = {
  /** `GET`: the address is being checked; the text is what must be answered, byte for byte. */
  check(query: URLSearchParams): Verified;
  /** `POST`: `encrypted` is what the body's envelope holds; undefined when it is no envelope. */
  open(query: URLSearchParams, encrypted: string | undefined): Verified;
};

/** Longer ones are none of WeCom's: a nonce is a number, a signature has 40 characters. */
const MAX_QUERY_VALUE = 256;

/** The one answer to everything that is not WeCom's. */
export const REFUSAL: WebhookResponse = {
  status: 401,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'unauthorized',
};

/** Throws for a key that is none, which the configuration has ruled out. */
export function createVerifier({ token, encodingAesKey, receiveId }: CallbackKeys): Verifier {
  const key = readAesKey(encodingAesKey);
  if (key === undefined) throw new Error('not an EncodingAESKey');

  function open(query: URLSearchParams, encrypted: string | undefined): Verified {
    const [signature, timestamp, nonce] = ['msg_signature', 'timestamp', 'nonce'].map((name) =>
      query.get(name),
    );
    if (!isShort(signature) || !isShort(timestamp) || !isShort(nonce))
      return { type: 'refused', reason: 'query' };
    if (encrypted === undefined || encrypted === '') return { type: 'refused', reason: 'body' };
    if (!sameSignature(signature, signatureOf(token, timestamp, nonce, encrypted)))
      return { type: 'refused', reason: 'signature' };
    const text = decryptText(encrypted, key ?? Buffer.alloc(0), receiveId);
    return text === undefined ? { type: 'refused', reason: 'decryption' } : { type: 'text', text, nonce };
  }

  return {
    // A `+` that was not percent-encoded has become a blank; base64 holds no blanks.
    check: (query) => open(query, query.get('echostr')?.replaceAll(' ', '+')),
    open,
  };
}

function isShort(value: string | null | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_QUERY_VALUE;
}

/** Answers the check of an address: the text alone, without quotes, byte order mark or line break; else the reason. */
export function answerCheck(
  request: WebhookRequest,
  verifier: Verifier,
): WebhookResponse | Extract<Verified, { type: 'refused' }> {
  const verified = verifier.check(request.query);
  if (verified.type === 'refused') return verified;
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: verified.text };
}
