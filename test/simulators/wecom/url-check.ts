import { get } from 'node:http';
import { anyOf, signedUrl, withinTime, type CallbackTarget } from './delivery.ts';
import { encryptCallback, type CallbackKeys } from './encryption.ts';
import type { Platform } from './platform.ts';

/** What the console says when an address is saved. */
export type UrlCheck = 'verified' | 'timeout' | 'wrong-status' | 'wrong-echo';

/** Asks for the decrypted `echostr`, which must come back byte for byte within a second. */
export async function checkUrl(
  target: CallbackTarget,
  keys: CallbackKeys,
  platform: Platform,
): Promise<UrlCheck> {
  const echo = `${1 + Math.floor(platform.random() * 8)}${platform.ids.nonce().padStart(10, '0')}${platform.ids.nonce()}`;
  const encrypted = encryptCallback(echo, keys, platform.ids.bytes(16));
  const { url } = signedUrl(anyOf(target, platform), encrypted, { echostr: encrypted }, keys, platform);
  const { answer } = await withinTime(platform.rules.limits.urlCheckMs, platform, (signal) =>
    fetchBytes(url, signal),
  );
  if (answer === undefined) return 'timeout';
  if (answer.status !== 200) return 'wrong-status';
  return answer.body.equals(Buffer.from(echo)) ? 'verified' : 'wrong-echo';
}

type Fetched = { readonly status: number; readonly body: Buffer };

function fetchBytes(url: string, signal: AbortSignal): Promise<Fetched | undefined> {
  const { promise, resolve } = Promise.withResolvers<Fetched | undefined>();
  get(url, { signal }, (response) => {
    const chunks: Uint8Array[] = [];
    response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    response.on('error', () => resolve(undefined));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
  }).on('error', () => resolve(undefined));
  return promise;
}
