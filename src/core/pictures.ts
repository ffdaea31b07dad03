import type { Adapter } from '../contract/adapter.ts';
import type { MediaRef } from '../contract/ids.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { defaultDownloadLimits, readCapped } from '../media/download.ts';
import type { ImageFaultCode, ImageOutcome, ImagePreparer } from '../media/types.ts';
import type { ModelImage } from '../model/types.ts';

/** Images one message may become, tiles of long pictures included; the design's fixed number. */
export const maxImagesPerMessage = 8;

export type Pictures = {
  readonly images: readonly ModelImage[];
  /** Which pictures could not be used; positions count from 1. */
  readonly unusable: readonly { readonly position: number; readonly code: ImageFaultCode }[];
  /** Which pictures were too long to be read to their end; positions count from 1. */
  readonly endLeftOut: readonly number[];
  /** How many were looked at, from the first on; fewer than were sent when there are more than can be. */
  readonly read: number;
};

export type PictureServices = {
  readonly adapter: Pick<Adapter, 'fetchMedia'>;
  readonly preparer: ImagePreparer;
  readonly clock: Clock;
  readonly log: Logger;
};

type Fetched = { readonly bytes: Uint8Array } | { readonly code: ImageFaultCode };

async function fetchOne(
  { adapter, clock, log }: PictureServices,
  ref: MediaRef,
  signal: AbortSignal,
): Promise<Fetched> {
  try {
    const body = await adapter.fetchMedia(ref, signal);
    const read = await readCapped(body, defaultDownloadLimits, clock, signal);
    if (read.ok) return { bytes: read.bytes };
    log.warn({ reason: read.reason }, 'a picture could not be downloaded');
    return { code: read.code };
  } catch (error) {
    log.warn({ error }, 'a picture could not be fetched');
    return { code: 'download-failed' };
  }
}

/**
 * Fetches the pictures of a message side by side and makes them ready for the model, in their order. Each may become
 * one image for certain; what is left over goes to the long ones, the first of them first. Never rejects.
 */
export async function collectPictures(
  services: PictureServices,
  refs: readonly MediaRef[],
  signal: AbortSignal,
): Promise<Pictures> {
  const fetching = refs.slice(0, maxImagesPerMessage).map((ref) => fetchOne(services, ref, signal));
  const images: ModelImage[] = [];
  const unusable: { position: number; code: ImageFaultCode }[] = [];
  const endLeftOut: number[] = [];
  for (const [index, fetched] of fetching.entries()) {
    const keptForOthers = fetching.length - index - 1;
    const room = maxImagesPerMessage - images.length - keptForOthers;
    const outcome = await prepareOne(services.preparer, await fetched, room, signal);
    const position = index + 1;
    if (!outcome.ok) unusable.push({ position, code: outcome.code });
    else {
      images.push(...outcome.images);
      if (outcome.endLeftOut) endLeftOut.push(position);
    }
  }
  return { images, unusable, endLeftOut, read: fetching.length };
}

async function prepareOne(
  preparer: ImagePreparer,
  fetched: Fetched,
  room: number,
  signal: AbortSignal,
): Promise<ImageOutcome> {
  return 'code' in fetched
    ? { ok: false, code: fetched.code }
    : preparer.prepare(fetched.bytes, room, signal);
}
