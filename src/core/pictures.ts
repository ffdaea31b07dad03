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
  /** How many were read, when there were more than can be. */
  readonly onlyFirst: number | undefined;
};

export type PictureServices = {
  readonly adapter: Pick<Adapter, 'fetchMedia'>;
  readonly preparer: ImagePreparer;
  readonly clock: Clock;
  readonly log: Logger;
};

async function readOne(
  { adapter, preparer, clock, log }: PictureServices,
  ref: MediaRef,
  maxImages: number,
  signal: AbortSignal,
): Promise<ImageOutcome> {
  try {
    const body = await adapter.fetchMedia(ref, signal);
    const read = await readCapped(body, defaultDownloadLimits, clock, signal);
    if (!read.ok) {
      log.warn({ reason: read.reason }, 'a picture could not be downloaded');
      return { ok: false, code: read.code };
    }
    return await preparer.prepare(read.bytes, maxImages, signal);
  } catch (error) {
    log.warn({ error }, 'a picture could not be fetched');
    return { ok: false, code: 'download-failed' };
  }
}

/** Fetches the pictures of a message side by side and makes them ready for the model, in their order. Never rejects. */
export async function collectPictures(
  services: PictureServices,
  refs: readonly MediaRef[],
  signal: AbortSignal,
): Promise<Pictures> {
  const used = refs.slice(0, maxImagesPerMessage);
  const share = used.length === 0 ? 0 : Math.floor(maxImagesPerMessage / used.length);
  const outcomes = await Promise.all(used.map((ref) => readOne(services, ref, share, signal)));
  return {
    images: outcomes.flatMap((outcome) => (outcome.ok ? outcome.images : [])),
    unusable: outcomes.flatMap((outcome, index) =>
      outcome.ok ? [] : [{ position: index + 1, code: outcome.code }],
    ),
    onlyFirst: refs.length > used.length ? used.length : undefined,
  };
}
