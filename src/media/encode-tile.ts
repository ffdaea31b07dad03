import sharp from 'sharp';
import type { ModelImage } from '../model/types.ts';
import type { Tile } from './plan.ts';
import type { RawPixels } from './read-bmp.ts';

/** Screenshots of text and diagrams stay under this with their smoothed edges; photos pass it within a few rows. */
const maxFlatColours = 1024;

/**
 * Cuts one tile out of opaque pixels and encodes it: JPEG of quality 95 with full colour resolution (halved, red text
 * on white frays), or PNG where the tile is flat (at most 1,024 colours) and PNG is the smaller of the two: then it is
 * exact besides.
 */
export async function encodeTile(pixels: RawPixels, tile: Tile): Promise<ModelImage> {
  const { width, height } = tile;
  const bytes = cut(pixels, tile);
  const image = sharp(bytes, { raw: { width, height, channels: 3 } });
  const jpeg = await image
    .clone()
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4', mozjpeg: false })
    .toBuffer();
  if (isFlat(bytes)) {
    const png = await image.clone().png({ compressionLevel: 9 }).toBuffer();
    if (png.byteLength < jpeg.byteLength) return { mime: 'image/png', bytes: png, width, height };
  }
  return { mime: 'image/jpeg', bytes: jpeg, width, height };
}

/** The tile's own pixels, white where it reaches beyond the picture. */
function cut(pixels: RawPixels, tile: Tile): Uint8Array {
  if (tile.width === pixels.width && tile.height === pixels.height) return pixels.bytes;
  const bytes = Buffer.alloc(tile.width * tile.height * 3, 0xff);
  const columns = Math.min(tile.width, pixels.width - tile.left);
  const rows = Math.min(tile.height, pixels.height - tile.top);
  for (let row = 0; row < rows; row += 1) {
    const from = ((tile.top + row) * pixels.width + tile.left) * 3;
    bytes.set(pixels.bytes.subarray(from, from + columns * 3), row * tile.width * 3);
  }
  return bytes;
}

function isFlat(bytes: Uint8Array): boolean {
  const seen = new Uint8Array(2 ** 24 / 8); // one bit for each colour: 2 MB, and quicker than a set
  let colours = 0;
  for (let at = 0; at + 2 < bytes.byteLength; at += 3) {
    const colour = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const marks = seen[colour >>> 3] ?? 0;
    const mark = 1 << (colour & 7);
    if ((marks & mark) !== 0) continue;
    seen[colour >>> 3] = marks | mark;
    colours += 1;
    if (colours > maxFlatColours) return false;
  }
  return true;
}
