import type { ImageFaultCode } from './types.ts';

/** Rows from the top, red first; `channels` 4 means with alpha. */
export type RawPixels = {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly bytes: Uint8Array;
};

export type BmpReading =
  | { readonly ok: true; readonly pixels: RawPixels }
  | { readonly ok: false; readonly code: Extract<ImageFaultCode, 'corrupt' | 'unsupported'> };

/**
 * Reads what Windows puts on its clipboard and Paint saves: uncompressed, 24 or 32 bits a pixel, also with the colour
 * masks of the newer headers. Palettes, run lengths and 16 bits are `unsupported`. Never allocates more than 4/3 of what it got.
 */
export function readBmp(bytes: Uint8Array): BmpReading {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.byteLength < 54) return { ok: false, code: 'corrupt' };
  const layout = readLayout(file);
  if (layout === 'corrupt' || layout === 'unsupported') return { ok: false, code: layout };
  const { width, height, stride, start } = layout;
  if (width <= 0 || height <= 0 || start + stride * height > file.byteLength) {
    return { ok: false, code: 'corrupt' };
  }
  return { ok: true, pixels: copyPixels(file, layout) };
}

/** Where in a pixel (as stored, in bytes from its start) each colour stands. */
type Order = { readonly red: number; readonly green: number; readonly blue: number; readonly alpha?: number };

type Layout = {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bytesPerPixel: 3 | 4;
  readonly stride: number;
  readonly start: number;
  readonly order: Order;
};

/** Offsets as in BITMAPFILEHEADER, BITMAPINFOHEADER and BITMAPV4HEADER; the oldest header is not read. */
function readLayout(file: Buffer): Layout | 'corrupt' | 'unsupported' {
  const headerBytes = file.readUInt32LE(14);
  if (headerBytes < 40) return 'unsupported';
  const width = file.readInt32LE(18);
  const signedHeight = file.readInt32LE(22);
  const bits = file.readUInt16LE(28);
  const compression = file.readUInt32LE(30);
  if (bits !== 24 && bits !== 32) return 'unsupported';
  const order = readOrder(file, headerBytes, bits, compression);
  if (typeof order === 'string') return order;
  const bytesPerPixel = bits === 24 ? 3 : 4;
  return {
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bytesPerPixel,
    stride: Math.ceil((width * bytesPerPixel) / 4) * 4,
    start: file.readUInt32LE(10),
    order,
  };
}

function readOrder(
  file: Buffer,
  headerBytes: number,
  bits: number,
  compression: number,
): Order | 'corrupt' | 'unsupported' {
  // BI_RGB: the fourth byte means nothing, most writers leave it 0.
  if (compression === 0) return { red: 2, green: 1, blue: 0 };
  if (compression !== 3 || bits !== 32) return 'unsupported';
  if (file.byteLength < 70) return 'corrupt';
  const byteOf = (maskAt: number): number => wholeBytes.indexOf(file.readUInt32LE(maskAt));
  const order = { red: byteOf(54), green: byteOf(58), blue: byteOf(62) };
  if (order.red < 0 || order.green < 0 || order.blue < 0) return 'unsupported';
  const alpha = headerBytes >= 56 ? byteOf(66) : -1;
  return alpha < 0 ? order : { ...order, alpha };
}

const wholeBytes = [0x000000ff, 0x0000ff00, 0x00ff0000, 0xff000000];

function copyPixels(file: Buffer, layout: Layout): RawPixels {
  const { width, height, order } = layout;
  const alpha = order.alpha !== undefined && hasAlpha(file, layout, order.alpha) ? order.alpha : undefined;
  const channels = alpha === undefined ? 3 : 4;
  const bytes = Buffer.alloc(width * height * channels);
  let to = 0;
  for (let row = 0; row < height; row += 1) {
    let from = layout.start + (layout.topDown ? row : height - 1 - row) * layout.stride;
    for (let column = 0; column < width; column += 1) {
      bytes[to] = file[from + order.red] ?? 0;
      bytes[to + 1] = file[from + order.green] ?? 0;
      bytes[to + 2] = file[from + order.blue] ?? 0;
      if (alpha !== undefined) bytes[to + 3] = file[from + alpha] ?? 0;
      from += layout.bytesPerPixel;
      to += channels;
    }
  }
  return { width, height, channels, bytes };
}

/** Many programs name an alpha mask and then leave all of it 0: nobody means a picture that cannot be seen. */
function hasAlpha(file: Buffer, layout: Layout, alpha: number): boolean {
  const end = layout.start + layout.stride * layout.height;
  for (let at = layout.start + alpha; at < end; at += 4) if (file[at] !== 0) return true;
  return false;
}
