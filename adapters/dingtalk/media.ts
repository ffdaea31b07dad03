import type { MediaRef } from '../../src/contract/ids.ts';
import type { MediaBody } from '../../src/contract/media.ts';
import type { Logger } from '../../src/contract/runtime.ts';
import type { HttpClient } from '../shared/http.ts';
import { cannot, invalidReference, toAdapterError, withAdapterErrors } from './api.ts';
import { readMediaRef } from './decode/ids.ts';
import type { Hosts } from './hosts.ts';
import type { DingTalkOperations } from './operations.ts';

type MediaOptions = {
  readonly operations: Pick<DingTalkOperations, 'downloadUrl'>;
  readonly http: Pick<HttpClient, 'open'>;
  readonly hosts: Hosts;
  readonly log: Logger;
};

/** A picture a person sent: its code gives an address signed for a few minutes, and that gives the bytes. */
export async function fetchDingTalkMedia(
  { operations, http, hosts, log }: MediaOptions,
  ref: MediaRef,
  signal: AbortSignal,
): Promise<MediaBody> {
  const found = readMediaRef(ref);
  if (found === undefined) throw invalidReference('media reference');
  const url = await operations.downloadUrl(found.robotCode, found.downloadCode, { urgency: 'first', signal });
  if (!hosts.allowsMedia(url)) {
    const host = URL.parse(url)?.host;
    log.warn(
      { host, remedy: `MEDIA_HOSTS=${host ?? ''}` },
      'a picture was not fetched: not a host of DingTalk',
    );
    throw cannot('forbidden', 'media host');
  }
  return open(http, url, signal);
}

async function open(http: Pick<HttpClient, 'open'>, url: string, signal: AbortSignal): Promise<MediaBody> {
  try {
    // No header of ours: a Content-Type would break the storage's signature, and our token is none of its business.
    const { status, headers, body } = await http.open({ method: 'GET', url, signal });
    if (status !== 200) throw cannot(status >= 500 ? 'unavailable' : 'invalid', `media http ${status}`);
    const declared = headers['content-length'];
    const stream = withAdapterErrors('media', body, signal);
    return declared !== undefined && /^\d{1,15}$/.test(declared)
      ? { stream, declaredBytes: Number(declared) }
      : { stream };
  } catch (error) {
    throw toAdapterError('media', error, signal, true);
  }
}
