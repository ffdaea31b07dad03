import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { detectKind } from '../../../src/media/detect.ts';
import { readDimensions } from '../../../src/media/dimensions.ts';
import { defaultPictureLimits, inspectPicture } from '../../../src/media/inspect.ts';
import { blue, bmp, bombPng, ftyp, plain, red } from './pictures.ts';

const inspect = (bytes: Uint8Array) => inspectPicture(bytes, defaultPictureLimits);
const text = (words: string) => Buffer.from(words, 'utf8');

describe('a picture that is read', () => {
  const files: Record<string, () => Promise<Buffer>> = {
    jpeg: () => plain(123, 45, red).jpeg().toBuffer(),
    'jpeg with metadata before its size': () =>
      plain(123, 45, red)
        .withExif({ IFD0: { Copyright: 'x'.repeat(20_000) } })
        .withIccProfile('p3')
        .jpeg()
        .toBuffer(),
    'progressive jpeg': () => plain(123, 45, red).jpeg({ progressive: true }).toBuffer(),
    png: () => plain(123, 45, red).png().toBuffer(),
    gif: () => plain(123, 45, red).gif().toBuffer(),
    'animated gif': async () =>
      sharp([await plain(123, 45, red).png().toBuffer(), await plain(123, 45, blue).png().toBuffer()], {
        join: { animated: true },
      })
        .gif()
        .toBuffer(),
    'lossy webp': () => plain(123, 45, red).webp().toBuffer(),
    'lossless webp': () => plain(123, 45, red).webp({ lossless: true }).toBuffer(),
    'webp with metadata': () =>
      plain(123, 45, red)
        .withExif({ IFD0: { Copyright: 'x' } })
        .webp()
        .toBuffer(),
    tiff: () => plain(123, 45, red).tiff().toBuffer(),
    'big tiff': () => plain(123, 45, red).tiff({ bigtiff: true }).toBuffer(),
    avif: () => plain(123, 45, red).avif({ effort: 0 }).toBuffer(),
    bmp: async () => bmp({ width: 123, height: 45, bits: 24, colourAt: () => red }),
    'bmp from the top': async () =>
      bmp({ width: 123, height: 45, bits: 32, topDown: true, colourAt: () => red }),
  };

  it.each(Object.keys(files))('%s: its format and size are known from the header', async (name) => {
    const bytes = await files[name]!();
    const format = name
      .split(' ')
      .find((word) => ['jpeg', 'png', 'gif', 'webp', 'tiff', 'avif', 'bmp'].includes(word));
    expect(inspect(bytes)).toEqual({ ok: true, format, size: { width: 123, height: 45 } });
  });

  it('knows a big-endian TIFF too', () => {
    const file = Buffer.alloc(64);
    file.write('MM\0*\0\0\0\x08\0\x02', 0, 'latin1');
    file.write('\x01\0\0\x03\0\0\0\x01\0\x7b\0\0', 10, 'latin1');
    file.write('\x01\x01\0\x04\0\0\0\x01\0\0\0\x2d', 22, 'latin1');
    expect(inspect(file)).toEqual({ ok: true, format: 'tiff', size: { width: 123, height: 45 } });
  });

  it('counts a GIF frame that reaches beyond the canvas', async () => {
    const file = await plain(20, 10, red).gif().toBuffer();
    const frame = file.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 20, 0, 10, 0]));
    file.writeUInt16LE(60_000, frame + 5);
    file.writeUInt16LE(60_000, frame + 7);
    expect(inspect(file)).toEqual({ ok: false, code: 'too-many-pixels' });
  });
});

describe('something else', () => {
  it.each([
    ['heic', ftyp('heic', 'mif1', 'heic')],
    ['heic', ftyp('mif1', 'miaf', 'heix')],
    ['heic', ftyp('msf1', 'hevc')],
    ['unsupported', Buffer.from('00000100010010100000010020006804000016000000', 'hex')],
    ['unsupported', Buffer.from('0000000c6a5020200d0a870a', 'hex')],
    ['unsupported', Buffer.from('0000000c4a584c200d0a870a', 'hex')],
    ['unsupported', text('8BPS\0\x01')],
    [
      'not-an-image',
      text('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
    ],
    ['not-an-image', text('\ufeff<?xml version="1.0"?>\n<!-- drawn -->\n<svg></svg>')],
    ['not-an-image', text('\n <!DOCTYPE html><title>404</title>')],
    ['not-an-image', text('{"errcode":40007,"errmsg":"invalid media_id"}')],
    ['not-an-image', text('%PDF-1.7')],
    ['not-an-image', ftyp('isom', 'mp42')],
    ['not-an-image', Buffer.from('PK\x03\x04', 'latin1')],
    ['not-an-image', text('BMW is a car maker, and this is a text file')],
    ['not-an-image', Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1')],
    ['corrupt', Buffer.alloc(0)],
    ['corrupt', Buffer.from('89504e470d0a1a0a0000000d', 'hex')],
    ['corrupt', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['corrupt', Buffer.from('ffd8ffd9', 'hex')],
    ['corrupt', text('GIF89a')],
    ['corrupt', Buffer.from('RIFF\x24\0\0\0WEBPABCD', 'latin1')],
    ['corrupt', ftyp('avif', 'mif1')],
    ['corrupt', bombPng(0, 7)],
  ] as const)('is refused as %s', (code, bytes) => {
    expect(inspect(bytes)).toEqual({ ok: false, code });
  });

  it.each(['svg', 'html', 'pdf', 'empty', 'other'] as const)('is called %s by its first bytes', (kind) => {
    const files = { svg: '<svg/>', html: '<html>', pdf: '%PDF-', empty: '', other: 'words' };
    expect(detectKind(text(files[kind]))).toBe(kind);
  });
});

it('refuses more bytes or pixels than allowed, and allows exactly as many', () => {
  const file = bombPng(10_000, 5_000);
  expect(inspectPicture(file, { maxBytes: file.byteLength, maxPixels: 50_000_000 })).toMatchObject({
    ok: true,
  });
  expect(inspectPicture(file, { maxBytes: file.byteLength - 1, maxPixels: 50_000_000 })).toEqual({
    ok: false,
    code: 'too-many-bytes',
  });
  expect(inspectPicture(file, { maxBytes: file.byteLength, maxPixels: 49_999_999 })).toEqual({
    ok: false,
    code: 'too-many-pixels',
  });
  expect(inspect(bombPng(10_000, 10_000))).toEqual({ ok: false, code: 'too-many-pixels' });
});

it('reads any bytes without failing', async () => {
  const seeds = await Promise.all([
    plain(9, 9, red).jpeg().toBuffer(),
    plain(9, 9, red).gif().toBuffer(),
    plain(9, 9, red).tiff({ bigtiff: true }).toBuffer(),
    plain(9, 9, red).avif({ effort: 0 }).toBuffer(),
    plain(9, 9, red).webp().toBuffer(),
  ]);
  const damaged = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }),
      fc.nat(500),
    )
    .map(([seed, changes, length]) => {
      const file = Buffer.from(seed.subarray(0, length));
      for (const [at, value] of changes) if (at < file.byteLength) file[at] = value;
      return file;
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const inspection = inspect(bytes);
      if (inspection.ok) expect(inspection.size.width * inspection.size.height).toBeGreaterThan(0);
    }),
    { numRuns: 5000 },
  );
});

describe('a header hidden behind a million others', () => {
  const hidden: Record<string, (count: number) => Buffer> = {
    jpeg: (count) =>
      Buffer.concat([
        Buffer.from('ffd8ff', 'hex'),
        Buffer.alloc(count, 0xff),
        Buffer.from('c0000b080007000701011100', 'hex'),
      ]),
    gif: (count) =>
      Buffer.concat([
        text('GIF89a'),
        Buffer.from('07000700000000', 'hex'),
        Buffer.alloc(count * 5, Buffer.from('21fe014100', 'hex')),
        Buffer.from('2c0000000007000700', 'hex'),
      ]),
    avif: (count) =>
      Buffer.concat([
        box('ftyp', text('avif\0\0\0\0')),
        box(
          'meta',
          Buffer.alloc(4),
          box('iprp', box('ipco', Buffer.alloc(count * 8, box('free')), ispe(7, 7))),
        ),
      ]),
    tiff: (count) => {
      const head = Buffer.from('49492b00080000001000000000000000', 'hex');
      const entries = Buffer.alloc(8);
      entries.writeUInt32LE(count + 2);
      return Buffer.concat([
        head,
        entries,
        Buffer.alloc(count * 20, bigEntry(300)),
        bigEntry(256),
        bigEntry(257),
      ]);
    },
  };

  it.each(['jpeg', 'gif', 'avif', 'tiff'] as const)('is not looked for in a %s', (format) => {
    expect(readDimensions(format, hidden[format]!(10))).toEqual({ width: 7, height: 7 });
    expect(readDimensions(format, hidden[format]!(1_000_000))).toBeUndefined();
  });
});

function box(type: string, ...content: Buffer[]): Buffer {
  const inside = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + inside.byteLength);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, inside]);
}

function ispe(width: number, height: number): Buffer {
  const content = Buffer.alloc(12);
  content.writeUInt32BE(width, 4);
  content.writeUInt32BE(height, 8);
  return box('ispe', content);
}

/** A directory entry of a BigTIFF: one LONG of value 7. */
function bigEntry(tag: number): Buffer {
  const entry = Buffer.alloc(20);
  entry.writeUInt16LE(tag, 0);
  entry.writeUInt16LE(4, 2);
  entry.writeUInt32LE(1, 4);
  entry.writeUInt32LE(7, 12);
  return entry;
}
