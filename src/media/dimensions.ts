import type { PictureFormat } from './detect.ts';

/** In pixels, as stored: a picture that EXIF turns has them the other way round. */
export type PixelSize = { readonly width: number; readonly height: number };

/**
 * Reads a picture's size from its header without decoding anything. Undefined when the header is cut off or says
 * nothing sensible. Where a file states several sizes (a GIF frame beyond its canvas, AVIF's tiles) the larger counts.
 */
export function readDimensions(format: PictureFormat, bytes: Uint8Array): PixelSize | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const size = readers[format](file);
    return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
  } catch (error) {
    // Buffer refuses to read behind its end: the header is cut off.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * How many segments, blocks or boxes are looked at before a header counts as nonsense: real files have at most a few
 * hundred before the size, a hostile one has millions, and this runs beside everything else.
 */
const maxSteps = 20_000;

const readers: Record<PictureFormat, (file: Buffer) => PixelSize | undefined> = {
  png: readPng,
  gif: readGif,
  webp: readWebp,
  bmp: readBmp,
  jpeg: readJpeg,
  tiff: readTiff,
  avif: readAvif,
};

function readPng(file: Buffer): PixelSize | undefined {
  if (file.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return { width: file.readUInt32BE(16), height: file.readUInt32BE(20) };
}

/** The canvas, or the first frame where that is larger (the decoder then widens the canvas). */
function readGif(file: Buffer): PixelSize | undefined {
  const canvas = { width: file.readUInt16LE(6), height: file.readUInt16LE(8) };
  const flags = file.readUInt8(10);
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  for (let step = 0; step < maxSteps && file.readUInt8(at) === 0x21; step += 1) {
    at += 2; // an extension: its label, then blocks up to an empty one
    for (; step < maxSteps && file.readUInt8(at) !== 0; step += 1) at += 1 + file.readUInt8(at);
    at += 1;
  }
  if (file.readUInt8(at) !== 0x2c) return undefined;
  return {
    width: Math.max(canvas.width, file.readUInt16LE(at + 1) + file.readUInt16LE(at + 5)),
    height: Math.max(canvas.height, file.readUInt16LE(at + 3) + file.readUInt16LE(at + 7)),
  };
}

/** RFC 9649, sections 2.5 to 2.7: lossy, lossless, extended. */
function readWebp(file: Buffer): PixelSize | undefined {
  switch (file.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: file.readUInt16LE(26) & 0x3fff, height: file.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = file.readUInt32LE(21);
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
    }
    case 'VP8X':
      return { width: 1 + file.readUIntLE(24, 3), height: 1 + file.readUIntLE(27, 3) };
    default:
      return undefined;
  }
}

/** The oldest header (12 bytes) has 16-bit sides; in the others a negative height means rows from the top. */
function readBmp(file: Buffer): PixelSize {
  if (file.readUInt32LE(14) === 12) return { width: file.readUInt16LE(18), height: file.readUInt16LE(20) };
  return { width: file.readInt32LE(18), height: Math.abs(file.readInt32LE(22)) };
}

/** Walks the segments to the first frame header, skipping fill bytes and stray data as libjpeg does. */
function readJpeg(file: Buffer): PixelSize | undefined {
  let at = 2;
  for (let step = 0; step < maxSteps; step += 1) {
    at = file.indexOf(0xff, at);
    if (at < 0) return undefined;
    at += 1;
    const marker = file.readUInt8(at);
    if (marker === 0xff) continue; // a fill byte: the next one may be the marker
    at += 1;
    if (marker === 0xd9 || marker === 0xda) return undefined; // end, or picture data without a frame header
    if (marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue; // no length follows
    if (isFrameHeader(marker)) return { height: file.readUInt16BE(at + 3), width: file.readUInt16BE(at + 5) };
    at += Math.max(2, file.readUInt16BE(at));
  }
  return undefined;
}

/** SOF0 to SOF15 without the tables that stand between them (DHT, JPG, DAC). */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** The first directory's ImageWidth (256) and ImageLength (257), in either byte order, classic or BigTIFF. */
function readTiff(file: Buffer): PixelSize | undefined {
  const little = file.readUInt8(0) === 0x49;
  const u16 = (at: number): number => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const u32 = (at: number): number => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  // Offsets beyond 4 GB cannot lie in a file of ours: the low half is enough.
  const u64 = (at: number): number =>
    little ? u32(at) + u32(at + 4) * 2 ** 32 : u32(at + 4) + u32(at) * 2 ** 32;
  const big = u16(2) === 43;
  const directory = big ? u64(8) : u32(4);
  const entries = big ? u64(directory) : u16(directory);
  const size = { width: 0, height: 0 };
  for (let entry = 0; entry < Math.min(entries, maxSteps); entry += 1) {
    const at = directory + (big ? 8 + entry * 20 : 2 + entry * 12);
    const tag = u16(at);
    const value = (): number => {
      const valueAt = at + (big ? 12 : 8);
      if (u16(at + 2) === 3) return u16(valueAt);
      return u16(at + 2) === 16 ? u64(valueAt) : u32(valueAt);
    };
    if (tag === 256) size.width = value();
    if (tag === 257) size.height = value();
  }
  return size;
}

/** The largest `ispe` property under meta/iprp/ipco (ISO/IEC 23008-12, 6.5.3). */
function readAvif(file: Buffer): PixelSize | undefined {
  const meta = findBoxes(file, 'meta')[0];
  const properties = meta && findBoxes(meta.subarray(4), 'iprp')[0];
  const container = properties && findBoxes(properties, 'ipco')[0];
  const sizes = (container ? findBoxes(container, 'ispe') : []).map((box) => ({
    width: box.readUInt32BE(4),
    height: box.readUInt32BE(8),
  }));
  return sizes.sort((one, other) => other.width * other.height - one.width * one.height)[0];
}

/** Contents of the boxes of one type, on one level. A box of size 0 reaches to the end; 64-bit sizes do not occur here. */
function findBoxes(within: Buffer, type: string): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0, step = 0; step < maxSteps && at + 8 <= within.byteLength; step += 1) {
    const size = within.readUInt32BE(at) || within.byteLength - at;
    if (size < 8) break;
    if (within.toString('latin1', at + 4, at + 8) === type) found.push(within.subarray(at + 8, at + size));
    at += size;
  }
  return found;
}
