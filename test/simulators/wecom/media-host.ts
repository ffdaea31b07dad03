import { rememberIn } from './bounded-map.ts';
import { encryptMedia } from './encryption.ts';
import type { Ids } from './ids.ts';
import type { HttpAnswer, HttpRequest } from './http-service.ts';
import type { SimMedia } from './world-types.ts';

/**
 * The object store behind the addresses in messages. The signature in an address is percent-encoded and checked as it
 * was sent: an address that was decoded and encoded again is refused.
 */
export type MediaHost = {
  /** An address of the encrypted bytes, good for five minutes. `key` is base64 of 32 bytes. */
  publish(media: SimMedia, key: string): string;
  /** An address of the bytes as they are, without an end: a `PicUrl`. */
  publishPlain(media: SimMedia): string;
  serve(request: HttpRequest): HttpAnswer;
};

export type MediaHostOptions = {
  readonly ids: Ids;
  readonly now: () => number;
  readonly url: () => string;
  readonly urlLifeMs: number;
};

type Published = { readonly bytes: Uint8Array; readonly fileName: string; readonly expiresMs: number };

const rememberedAddresses = 2000;

export function createMediaHost({ ids, now, url, urlLifeMs }: MediaHostOptions): MediaHost {
  const published = new Map<string, Published>();

  function publish(bytes: Uint8Array, fileName: string, lifeMs: number): string {
    const nowMs = now();
    const seconds = Math.floor(nowMs / 1000);
    const sign = `q-sign-algorithm=sha1&q-sign-time=${seconds};${seconds + 300}&q-signature=${ids.aesKey()}=`;
    const path = `/${ids.hex(32)}/${ids.word(24)}?sign=${encodeURIComponent(sign)}`;
    rememberIn(published, path, { bytes, fileName, expiresMs: nowMs + lifeMs }, rememberedAddresses);
    return url() + path;
  }

  return {
    publish: ({ bytes, fileName }, key) => publish(encryptMedia(bytes, key), fileName, urlLifeMs),
    publishPlain: ({ bytes, fileName }) => publish(bytes, fileName, Infinity),
    serve({ rawUrl }) {
      const found = published.get(rawUrl);
      if (found === undefined) return denial('SignatureDoesNotMatch');
      if (now() >= found.expiresMs) return denial('Request has expired');
      const { bytes, fileName } = found;
      return { status: 200, code: 0, mime: 'application/octet-stream', bytes, fileName };
    },
  };
}

function denial(reason: string): HttpAnswer {
  const bytes = Buffer.from(
    `<?xml version='1.0' encoding='utf-8' ?><Error><Code>AccessDenied</Code><Message>${reason}</Message></Error>`,
  );
  return { status: 403, code: 403, mime: 'application/xml', bytes, message: reason };
}
