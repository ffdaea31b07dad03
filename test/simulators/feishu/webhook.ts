import { request } from 'node:http';
import { randomBytes } from 'node:crypto';
import { encryptEvent, signBody } from './encryption.ts';
import type { Ids } from './ids.ts';
import type { FeishuApp } from './platform.ts';

/** Where events are posted instead of over the long connection. */
export type WebhookTarget = {
  readonly url: string;
  /** Whether an Encrypt Key is set in the console: bodies are then encrypted and signed. */
  readonly encrypted: boolean;
};

/** The other side's answer; undefined when there was none. */
export type WebhookAnswer = { readonly status: number; readonly body: string };

export type SignedBody = { readonly body: string; readonly headers: Readonly<Record<string, string>> };

/** The body and headers under which Feishu posts `event`. The check of a new address carries no signature. */
export function sealBody(
  event: string,
  app: FeishuApp,
  target: WebhookTarget,
  nowMs: number,
  ids: Ids,
  signed = true,
): SignedBody {
  const plain = { 'content-type': 'application/json; charset=utf-8' };
  if (!target.encrypted) return { body: event, headers: plain };
  const body = JSON.stringify({ encrypt: encryptEvent(event, app.encryptKey, randomBytes(16)) });
  if (!signed) return { body, headers: plain };
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = ids.hex(16);
  const headers = {
    ...plain,
    'x-lark-request-timestamp': timestamp,
    'x-lark-request-nonce': nonce,
    'x-lark-signature': signBody(timestamp, nonce, app.encryptKey, body),
  };
  return { body, headers };
}

/** Posts once; follows no redirect. Resolves with undefined when the signal aborts or the connection fails. */
export function postWebhook(
  url: string,
  { body, headers }: SignedBody,
  signal: AbortSignal,
): Promise<WebhookAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<WebhookAnswer | undefined>();
  const outgoing = request(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    signal,
  });
  outgoing.on('error', () => resolve(undefined));
  outgoing.on('response', (response) => {
    const chunks: Uint8Array[] = [];
    response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    response.on('error', () => resolve(undefined));
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
    );
  });
  outgoing.end(body);
  return promise;
}
