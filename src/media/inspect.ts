import { detectKind, type PictureFormat } from './detect.ts';
import { readDimensions, type PixelSize } from './dimensions.ts';
import type { ImageFaultCode } from './types.ts';

/** What one picture may be before a decoder sees it. */
export type PictureLimits = { readonly maxBytes: number; readonly maxPixels: number };

/**
 * 50 megapixels is more than phones send (48 at most, usually 12) and keeps a decoder under 512 MB; a 12 KB PNG can
 * claim 100 and takes 300 ms and 60 MB to find out.
 */
export const defaultPictureLimits: PictureLimits = { maxBytes: 20 * 1024 * 1024, maxPixels: 50_000_000 };

export type Inspection =
  | { readonly ok: true; readonly format: PictureFormat; readonly size: PixelSize }
  | { readonly ok: false; readonly code: ImageFaultCode };

/** Decides from the header alone whether the bytes may reach a decoder. Pure; looks at no names and no MIME types. */
export function inspectPicture(bytes: Uint8Array, limits: PictureLimits): Inspection {
  if (bytes.byteLength > limits.maxBytes) return { ok: false, code: 'too-many-bytes' };
  const kind = detectKind(bytes);
  switch (kind) {
    case 'heic':
      return { ok: false, code: 'heic' };
    case 'other-picture':
      return { ok: false, code: 'unsupported' };
    case 'svg': // a program that draws, with references to other files: never interpreted
    case 'html':
    case 'pdf':
    case 'other':
      return { ok: false, code: 'not-an-image' };
    case 'empty':
      return { ok: false, code: 'corrupt' };
    case 'jpeg':
    case 'png':
    case 'gif':
    case 'webp':
    case 'bmp':
    case 'tiff':
    case 'avif': {
      const size = readDimensions(kind, bytes);
      if (size === undefined) return { ok: false, code: 'corrupt' };
      if (size.width * size.height > limits.maxPixels) return { ok: false, code: 'too-many-pixels' };
      return { ok: true, format: kind, size };
    }
  }
}
