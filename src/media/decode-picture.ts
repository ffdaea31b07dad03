import sharp, { type Sharp } from 'sharp';
import type { DecodeAnswer, DecodeJob } from './decoder-protocol.ts';
import { encodeTile } from './encode-tile.ts';
import { planSizes } from './plan.ts';
import { readBmp, type RawPixels } from './read-bmp.ts';

// Only what chats send: of libvips' loaders (PDF, SVG, Magick, raw matrices, …) six stay, and those from memory only.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map(
    (format) => `VipsForeignLoad${format}Buffer`,
  ),
});
sharp.cache(false);
sharp.concurrency(1);

/**
 * One picture becomes upright, opaque sRGB images of 8 bits without metadata. Runs in the decoder's child only: this
 * is where hostile bytes meet native code.
 */
export async function decodePicture(job: DecodeJob): Promise<DecodeAnswer> {
  const source = await openPicture(job).catch(() => 'corrupt' as const);
  if (typeof source === 'string') return { ok: false, code: source };
  if (source.width * source.height > job.maxPixels) return { ok: false, code: 'too-many-pixels' };
  const turned = source.orientation >= 5;
  const plan = planSizes(
    turned ? source.height : source.width,
    turned ? source.width : source.height,
    job.maxImages,
  );
  const stored = turned
    ? { width: plan.height, height: plan.width }
    : { width: plan.width, height: plan.height };
  // Whatever fails here is in the file: a JPEG that ends a few bytes early counts as corrupt too, rather than showing
  // the model a grey area as if it belonged to the picture.
  const pixels = await resample(source.image, stored).catch(() => undefined);
  if (pixels === undefined) return { ok: false, code: 'corrupt' };
  const upright = await turn(pixels, source.orientation);
  const images = [];
  for (const tile of plan.tiles) images.push(await encodeTile(upright, tile));
  return { ok: true, images, reduced: plan.reduced, endLeftOut: plan.endLeftOut };
}

type Source = {
  readonly image: Sharp;
  readonly width: number;
  readonly height: number;
  /** EXIF, 1 to 8. */
  readonly orientation: number;
};

async function openPicture(job: DecodeJob): Promise<Source | 'corrupt' | 'unsupported'> {
  if (job.format === 'bmp') {
    const reading = readBmp(job.bytes);
    if (!reading.ok) return reading.code;
    const { width, height } = reading.pixels;
    return { image: fromPixels(reading.pixels), width, height, orientation: 1 };
  }
  const image = sharp(job.bytes, {
    failOn: 'error',
    limitInputPixels: job.maxPixels,
    sequentialRead: true,
    pages: 1, // the first frame of an animation, the first page of a TIFF
  });
  const { width, height, orientation = 1 } = await image.metadata();
  return { image, width, height, orientation };
}

/** Resizes before it turns: turning needs the whole picture in memory, and by then it is small. */
async function resample(
  image: Sharp,
  size: { readonly width: number; readonly height: number },
): Promise<RawPixels> {
  const { data, info } = await image
    .resize({ ...size, fit: 'fill', kernel: 'lanczos3' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`the decoder gave ${info.channels} channels`);
  return { width: info.width, height: info.height, channels: 3, bytes: data };
}

/** How each EXIF orientation is undone: first mirrored top to bottom, then turned clockwise. */
const turns: Readonly<Record<number, { readonly flip: boolean; readonly degrees: number }>> = {
  2: { flip: true, degrees: 180 },
  3: { flip: false, degrees: 180 },
  4: { flip: true, degrees: 0 },
  5: { flip: true, degrees: 90 },
  6: { flip: false, degrees: 90 },
  7: { flip: true, degrees: 270 },
  8: { flip: false, degrees: 270 },
};

async function turn(pixels: RawPixels, orientation: number): Promise<RawPixels> {
  const needed = turns[orientation];
  if (needed === undefined) return pixels;
  const { data, info } = await fromPixels(pixels)
    .flip(needed.flip)
    .rotate(needed.degrees)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: 3, bytes: data };
}

function fromPixels({ width, height, channels, bytes }: RawPixels): Sharp {
  return sharp(bytes, { raw: { width, height, channels }, limitInputPixels: false });
}
