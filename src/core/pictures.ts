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

/** The pictures of one question: each is downloaded and prepared once, however often the question is put together anew. */
export type PictureReader = {
  /** Begins the download, unless the picture is there. */
  begin(ref: MediaRef): void;
  /** Waits for the picture and makes it ready for the model, as `room` images at most. Never rejects. */
  read(ref: MediaRef, room: number): Promise<ImageOutcome>;
};

/** What failed is tried again the next time. Keeps what is ready, not the bytes it came from. */
export function createPictureReader(services: PictureServices, signal: AbortSignal): PictureReader {
  const downloads = new Map<string, Promise<Fetched>>();
  const ready = new Map<string, ImageOutcome>();
  const download = (ref: MediaRef): Promise<Fetched> => {
    const key = JSON.stringify(ref);
    const known = downloads.get(key) ?? fetchOne(services, ref, signal);
    downloads.set(key, known);
    return known;
  };
  return {
    begin(ref) {
      if (!ready.has(JSON.stringify(ref))) void download(ref);
    },
    async read(ref, room) {
      const key = JSON.stringify(ref);
      const known = ready.get(key);
      // One that was cut to fit might have more room now, or less.
      if (known?.ok === true && !known.endLeftOut && known.images.length <= room) return known;
      const fetched = await download(ref);
      downloads.delete(key);
      if ('code' in fetched) return { ok: false, code: fetched.code };
      const outcome = await services.preparer.prepare(fetched.bytes, room, signal);
      if (outcome.ok) ready.set(key, outcome);
      return outcome;
    },
  };
}

/**
 * Fetches the pictures of a message side by side and makes them ready for the model, in their order. Each may become
 * one image for certain; what is left over goes to the long ones, the first of them first. Never rejects; ends early when
 * the signal aborts.
 */
export async function collectPictures(
  reader: PictureReader,
  refs: readonly MediaRef[],
  signal: AbortSignal,
): Promise<Pictures> {
  const looked = refs.slice(0, maxImagesPerMessage);
  looked.forEach((ref) => reader.begin(ref));
  const images: ModelImage[] = [];
  const unusable: { position: number; code: ImageFaultCode }[] = [];
  const endLeftOut: number[] = [];
  for (const [index, ref] of looked.entries()) {
    if (signal.aborted) break;
    const keptForOthers = looked.length - index - 1;
    const outcome = await reader.read(ref, maxImagesPerMessage - images.length - keptForOthers);
    const position = index + 1;
    if (!outcome.ok) unusable.push({ position, code: outcome.code });
    else {
      images.push(...outcome.images);
      if (outcome.endLeftOut) endLeftOut.push(position);
    }
  }
  return { images, unusable, endLeftOut, read: looked.length };
}
