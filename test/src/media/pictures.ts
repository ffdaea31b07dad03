import { deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** Pictures made for tests. The decoder under test reads them in a process of its own. */

export type Rgb = readonly [red: number, green: number, blue: number];

export const red: Rgb = [230, 20, 20];
export const green: Rgb = [20, 180, 20];
export const blue: Rgb = [20, 20, 230];
export const yellow: Rgb = [240, 220, 20];
export const white: Rgb = [255, 255, 255];

export type Quarters = readonly [topLeft: Rgb, topRight: Rgb, bottomLeft: Rgb, bottomRight: Rgb];

/** Raw pixels of a picture with four coloured quarters: any turning or mirroring shows. */
export function quarterPixels(width: number, height: number, colours: Quarters): Buffer {
  const bytes = Buffer.alloc(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const quarter = (row * 2 < height ? 0 : 2) + (column * 2 < width ? 0 : 1);
      bytes.set(colours[quarter] ?? white, (row * width + column) * 3);
    }
  }
  return bytes;
}

export const fromRaw = (bytes: Buffer, width: number, height: number, channels: 3 | 4 = 3) =>
  sharp(bytes, { raw: { width, height, channels } });

export const plain = (width: number, height: number, [r, g, b]: Rgb) =>
  sharp({ create: { width, height, channels: 3, background: { r, g, b } } });

/** A photo's opposite of flatness, the same at every run. */
export function noise(width: number, height: number) {
  let state = 7;
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < pixels.byteLength; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    pixels[at] = state >>> 24;
  }
  return fromRaw(pixels, width, height);
}

/** Reads single pixels of an encoded picture. */
export async function openPixels(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    at: (column: number, row: number): Rgb => {
      const start = (row * info.width + column) * info.channels;
      return [data[start] ?? -1, data[start + 1] ?? -1, data[start + 2] ?? -1];
    },
  };
}

/** The colours in the middle of the four quarters of an encoded picture. */
export async function quartersOf(bytes: Uint8Array): Promise<Quarters> {
  const { width, height, at } = await openPixels(bytes);
  const [left, right] = [Math.floor(width / 4), Math.floor((width * 3) / 4)];
  const [top, bottom] = [Math.floor(height / 4), Math.floor((height * 3) / 4)];
  return [at(left, top), at(right, top), at(left, bottom), at(right, bottom)];
}

export const distance = (one: Rgb, other: Rgb): number =>
  Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? NaN))));

/** A valid PNG of one bit a pixel, all black: a few kilobytes whatever its size. */
export function bombPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.byteLength);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function crc32(bytes: Buffer): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return (rest ^ 0xffffffff) >>> 0;
}

export type BmpShape = {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 24 | 32;
  /** Rows stored from the top. */
  readonly topDown?: boolean;
  /** `masks`: colour masks and a V4 header, as Windows' clipboard has it. */
  readonly masks?: boolean;
  readonly colourAt: (
    column: number,
    row: number,
  ) => readonly [red: number, green: number, blue: number, alpha?: number];
};

/** A Windows bitmap, written from Microsoft's description of the headers. */
export function bmp({ width, height, bits, topDown = false, masks = false, colourAt }: BmpShape): Buffer {
  const headerBytes = masks ? 108 : 40;
  const stride = Math.ceil((width * bits) / 32) * 4;
  const start = 14 + headerBytes;
  const file = Buffer.alloc(start + stride * height);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(file.byteLength, 2);
  file.writeUInt32LE(start, 10);
  file.writeUInt32LE(headerBytes, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(topDown ? -height : height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  file.writeUInt32LE(masks ? 3 : 0, 30);
  if (masks)
    [0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000].forEach((mask, index) =>
      file.writeUInt32LE(mask, 54 + index * 4),
    );
  if (bits === 8) return file;
  for (let row = 0; row < height; row += 1) {
    const at = start + (topDown ? row : height - 1 - row) * stride;
    for (let column = 0; column < width; column += 1) {
      const [r, g, b, a = 0] = colourAt(column, row);
      file.set(bits === 24 ? [b, g, r] : [b, g, r, a], at + (column * bits) / 8);
    }
  }
  return file;
}

/** The start of an ISO media file with these brands. */
export function ftyp(major: string, ...compatible: string[]): Buffer {
  const box = Buffer.alloc(16 + compatible.length * 4);
  box.writeUInt32BE(box.byteLength, 0);
  box.write(`ftyp${major}`, 4, 'latin1');
  compatible.forEach((brand, index) => box.write(brand, 16 + index * 4, 'latin1'));
  return Buffer.concat([box, Buffer.alloc(64)]);
}
