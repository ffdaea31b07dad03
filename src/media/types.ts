import type { ModelImage } from '../model/types.ts';

/**
 * Why a picture could not be used; the catalogue has a sentence with what to do for each.
 *
 * `heic` Apple's format · `not-an-image` something else under the name of a picture (SVG and HTML included) ·
 * `unsupported` a picture format we do not read · `too-many-bytes` · `too-many-pixels` · `corrupt` the decoder refused
 * it · `decoder-failed` the decoder died or took too long · `download-failed` the platform did not give it.
 */
export type ImageFaultCode =
  | 'heic'
  | 'not-an-image'
  | 'unsupported'
  | 'too-many-bytes'
  | 'too-many-pixels'
  | 'corrupt'
  | 'decoder-failed'
  | 'download-failed';

/** One picture becomes one image, or several overlapping tiles in reading order when it is very long. */
export type ImageOutcome =
  | {
      readonly ok: true;
      readonly images: readonly ModelImage[];
      /** True when detail was lost: the longest side was reduced, or tiles beyond the cap were left out. */
      readonly reduced: boolean;
      /** True when the picture was too long for the images it may become, and its end is in none of them. */
      readonly endLeftOut: boolean;
    }
  | { readonly ok: false; readonly code: ImageFaultCode };

export type ImagePreparer = {
  /** Never rejects. `maxImages` bounds the tiles this picture may become. */
  prepare(bytes: Uint8Array, maxImages: number, signal: AbortSignal): Promise<ImageOutcome>;
  stop(): Promise<void>;
};
