import type { MediaRef } from '../../src/contract/ids.ts';
import type { MediaBody } from '../../src/contract/media.ts';
import type { HttpClient } from '../shared/http.ts';
import { readText } from '../shared/json.ts';
import { badStatus, invalidReference, malformed, toAdapterError, tooLarge } from './api.ts';
import { decryptBytes, readAesKey } from './callback/crypto.ts';
import type { MediaHosts } from './media-hosts.ts';

type MediaOptions = {
  readonly http: HttpClient;
  readonly hosts: MediaHosts;
  /** Used for what comes without a key of its own. */
  readonly callbackKey: string | undefined;
};

/** Pictures have at most 10 MB (path 96484); beyond 20 MB nothing is read. Padding adds up to 32 bytes. */
const MAX_CIPHER_BYTES = 20 * 1024 * 1024 + 32;

/**
 * A picture a person sent to the bot: fetched from its address, which lives for five minutes, and decrypted. Decrypting
 * needs the end, for the padding, so the whole is read first.
 */
export async function fetchBotMedia(
  { http, hosts, callbackKey }: MediaOptions,
  ref: MediaRef,
  signal: AbortSignal,
): Promise<MediaBody> {
  const address = readText(ref, 'url');
  if (address === undefined) throw invalidReference('media reference');
  const key = readAesKey(readText(ref, 'key') ?? callbackKey ?? '');
  if (key === undefined) throw malformed('media key');
  hosts.check(address);
  const cipherText = await download(http, address, signal);
  const bytes = decryptBytes(cipherText, key);
  if (bytes === undefined) throw malformed('media');
  return { stream: once(bytes), declaredBytes: bytes.byteLength };
}

/** The address goes out as it came: its signature covers how it is percent-encoded. */
async function download(http: HttpClient, url: string, signal: AbortSignal): Promise<Buffer> {
  try {
    const { status, headers, body } = await http.open({ method: 'GET', url, signal });
    const declared = Number(headers['content-length'] ?? 0);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of body) {
      // Leaving the loop closes the connection.
      if (status !== 200) throw badStatus('media', status, 'no');
      bytes += piece.byteLength;
      if (Math.max(bytes, declared) > MAX_CIPHER_BYTES) throw tooLarge('media');
      pieces.push(piece);
    }
    if (status !== 200) throw badStatus('media', status, 'no');
    return Buffer.concat(pieces);
  } catch (error) {
    throw toAdapterError('media', error, signal, true);
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
