import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import {
  blue,
  bmp,
  bombPng,
  distance,
  fromRaw,
  ftyp,
  green,
  noise,
  plain,
  quarterPixels,
  quartersOf,
  red,
  white,
  yellow,
  type Quarters,
  type Rgb,
} from './pictures.ts';
import { faultOf, imagesOf, startPreparer } from './preparer.ts';

const { preparer } = startPreparer();
afterAll(() => preparer.stop());

const quarters: Quarters = [red, green, blue, yellow];

/** The one image a picture became, with the colours of its quarters. */
async function prepared(bytes: Uint8Array) {
  const [image, ...others] = await imagesOf(preparer, bytes);
  expect(others).toEqual([]);
  return { image: image!, quarters: await quartersOf(image!.bytes) };
}

function expectQuarters(actual: Quarters, expected: Quarters, tolerance = 12): void {
  actual.forEach((colour, index) => {
    expect(
      distance(colour, expected[index]!),
      `${actual.join(' | ')} for ${expected.join(' | ')}`,
    ).toBeLessThanOrEqual(tolerance);
  });
}

describe('a photo that EXIF turns', () => {
  // How the stored rows stand when the upright picture is [red, green, blue, yellow] (TIFF 6.0, tag 274).
  const stored: readonly (readonly [orientation: number, quarters: Quarters])[] = [
    [1, [red, green, blue, yellow]],
    [2, [green, red, yellow, blue]],
    [3, [yellow, blue, green, red]],
    [4, [blue, yellow, red, green]],
    [5, [red, blue, green, yellow]],
    [6, [green, yellow, red, blue]],
    [7, [yellow, green, blue, red]],
    [8, [blue, red, yellow, green]],
  ];

  it.each(stored)('is upright with orientation %i', async (orientation, colours) => {
    const turned = orientation >= 5;
    const [width, height] = turned ? [160, 320] : [320, 160];
    const photo = await fromRaw(quarterPixels(width, height, colours), width, height)
      .withMetadata({ orientation })
      .jpeg({ quality: 95 })
      .toBuffer();
    expect((await sharp(photo).metadata()).orientation).toBe(orientation);

    const { image, quarters: upright } = await prepared(photo);
    expect([image.width, image.height]).toEqual([320, 160]);
    expectQuarters(upright, quarters);
    expect((await sharp(image.bytes).metadata()).orientation).toBeUndefined();
  });

  it('is planned by its upright shape', async () => {
    const long = await plain(4000, 500, red).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const images = await imagesOf(preparer, long);
    expect(images.length).toBeGreaterThan(1);
    for (const { width, height } of images) expect(height).toBeGreaterThanOrEqual(width);
  });
});

it('takes out the place where a photo was made, and all other metadata', async () => {
  const photo = await plain(320, 160, red)
    .withExif({
      IFD0: { Copyright: 'a secret name' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '31/1 14/1 0/1' },
    })
    .withIccProfile('p3')
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">a secret name</x:xmpmeta>')
    .jpeg()
    .toBuffer();
  expect(photo.includes('secret name')).toBe(true);
  const { image } = await prepared(photo);
  const { exif, icc, xmp, iptc } = await sharp(image.bytes).metadata();
  expect({ exif, icc, xmp, iptc }).toEqual({});
  expect(Buffer.from(image.bytes).includes('secret name')).toBe(false);
});

describe('what cannot be sent as it is', () => {
  it('gets a white ground where it was transparent', async () => {
    const pixels = Buffer.alloc(64 * 64 * 4);
    for (let at = 0; at < pixels.byteLength; at += 4)
      pixels.set([0, 0, 0, at < pixels.byteLength / 2 ? 0 : 128], at);
    for (const bytes of [
      await fromRaw(pixels, 64, 64, 4).png().toBuffer(),
      await fromRaw(pixels, 64, 64, 4).webp({ lossless: true }).toBuffer(),
    ]) {
      const [clear, , half] = (await prepared(bytes)).quarters;
      expect(distance(clear, white)).toBeLessThanOrEqual(2);
      expect(distance(half, [127, 127, 127])).toBeLessThanOrEqual(3);
    }
  });

  it.each(['gif', 'webp'] as const)('is the first frame of an animated %s', async (format) => {
    const frames = await Promise.all(
      [red, blue, green].map((colour) => plain(96, 64, colour).png().toBuffer()),
    );
    const animation = await sharp(frames, { join: { animated: true } })
      .toFormat(format, { loop: 0 })
      .toBuffer();
    expect((await sharp(animation).metadata()).pages).toBe(3);
    const { image, quarters: colours } = await prepared(animation);
    expect([image.width, image.height]).toEqual([96, 64]);
    expectQuarters(colours, [red, red, red, red]);
  });

  it('becomes sRGB from CMYK', async () => {
    const print = await fromRaw(quarterPixels(320, 160, quarters), 320, 160)
      .toColourspace('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer();
    expect(await sharp(print).metadata()).toMatchObject({ space: 'cmyk', channels: 4 });
    const { image, quarters: colours } = await prepared(print);
    expect(await sharp(image.bytes).metadata()).toMatchObject({ space: 'srgb', channels: 3 });
    // Print cannot show these colours whole: the right one is still the nearest by far.
    colours.forEach((colour, index) => expect(nearest(colour)).toEqual(quarters[index]));
  });

  it('becomes 8 bits from 16', async () => {
    const deep = await fromRaw(quarterPixels(320, 160, quarters), 320, 160)
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    const { image, quarters: colours } = await prepared(deep);
    expect((await sharp(image.bytes).metadata()).depth).toBe('uchar');
    expectQuarters(colours, quarters, 3);
  });

  it('becomes sRGB from a profile of its own', async () => {
    const wide = await plain(64, 64, red).withIccProfile('p3').png().toBuffer();
    const stored = await sharp(wide).raw({ depth: 'uchar' }).keepIccProfile().toBuffer();
    expect(distance([stored[0]!, stored[1]!, stored[2]!], red)).toBeGreaterThan(10);
    const [colour] = (await prepared(wide)).quarters;
    expect(distance(colour, red)).toBeLessThanOrEqual(6);
  });

  it('becomes three channels from grey', async () => {
    const grey = await plain(64, 64, [90, 90, 90]).toColourspace('b-w').png().toBuffer();
    expect((await sharp(grey).metadata()).channels).toBe(1);
    expectQuarters(
      (await prepared(grey)).quarters,
      [
        [90, 90, 90],
        [90, 90, 90],
        [90, 90, 90],
        [90, 90, 90],
      ],
      2,
    );
  });

  it.each(['tiff', 'avif', 'webp', 'gif'] as const)('is read from %s', async (format) => {
    const bytes = await fromRaw(quarterPixels(320, 160, quarters), 320, 160)
      .toFormat(format)
      .toBuffer();
    const { image, quarters: colours } = await prepared(bytes);
    expect(['image/jpeg', 'image/png']).toContain(image.mime);
    expectQuarters(colours, quarters);
  });
});

function nearest(colour: Rgb): Rgb {
  return [...quarters].sort((one, other) => distance(colour, one) - distance(colour, other))[0]!;
}

describe('a Windows bitmap', () => {
  const colourAt = (column: number, row: number): Rgb =>
    quarters[(row < 48 ? 0 : 2) + (column < 63 ? 0 : 1)]!;
  const shape = { width: 127, height: 96, colourAt };

  it.each([
    ['of 24 bits, its rows padded', bmp({ ...shape, bits: 24 })],
    ['of 32 bits whose fourth byte means nothing', bmp({ ...shape, bits: 32 })],
    ['stored from the top', bmp({ ...shape, bits: 32, topDown: true })],
    ['with masks and an alpha that is 0 throughout', bmp({ ...shape, bits: 32, masks: true })],
  ])('is read %s', async (_, bytes) => {
    const { image, quarters: colours } = await prepared(bytes);
    expect([image.width, image.height]).toEqual([128, 96]);
    expectQuarters(colours, quarters);
  });

  it('gets a white ground where its mask says transparent', async () => {
    const bytes = bmp({
      ...shape,
      bits: 32,
      masks: true,
      colourAt: (column, row) => [...colourAt(column, row), column < 63 ? 255 : 0],
    });
    expectQuarters((await prepared(bytes)).quarters, [red, white, blue, white]);
  });

  it('is refused with a palette, and as corrupt when it ends early', async () => {
    expect(await faultOf(preparer, bmp({ ...shape, bits: 8 }))).toBe('unsupported');
    expect(await faultOf(preparer, bmp({ ...shape, bits: 24 }).subarray(0, -1))).toBe('corrupt');
    expect(await faultOf(preparer, bmp({ ...shape, bits: 24 }).subarray(0, 40))).toBe('corrupt');
  });
});

describe('what is refused', () => {
  it('a photo that ends early, even by a little', async () => {
    const photo = await noise(640, 480).jpeg().toBuffer();
    expect(await faultOf(preparer, photo)).toBeUndefined();
    expect(await faultOf(preparer, photo.subarray(0, photo.byteLength - 200))).toBe('corrupt');
    expect(await faultOf(preparer, photo.subarray(0, photo.byteLength / 2))).toBe('corrupt');
  });

  it.each(['png', 'webp', 'gif', 'tiff'] as const)('a %s that ends early', async (format) => {
    const bytes = await noise(320, 240)[format]().toBuffer();
    expect(await faultOf(preparer, bytes)).toBeUndefined();
    expect(await faultOf(preparer, bytes.subarray(0, bytes.byteLength / 2))).toBe('corrupt');
  });

  it('what claims to be a picture and is none', async () => {
    expect(await faultOf(preparer, Buffer.from('<html><img src=x.jpg>'))).toBe('not-an-image');
    expect(await faultOf(preparer, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe(
      'not-an-image',
    );
    expect(await faultOf(preparer, ftyp('heic', 'mif1'))).toBe('heic');
    expect(await faultOf(preparer, Buffer.alloc(0))).toBe('corrupt');
    expect(
      await faultOf(
        preparer,
        Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.from('<svg>'.repeat(99))]),
      ),
    ).toBe('corrupt');
  });

  it('an AVIF header with HEVC behind it: no decoder for that is loaded', async () => {
    const avif = await plain(64, 64, red).avif({ effort: 0 }).toBuffer();
    const disguised = Buffer.from(avif.toString('latin1').replaceAll('av01', 'hvc1'), 'latin1');
    expect(await faultOf(preparer, disguised)).toBe('corrupt');
  });

  it('100 megapixels in 12 KB, before any decoder sees them', async () => {
    const bomb = bombPng(10_000, 10_000);
    expect(bomb.byteLength).toBeLessThan(20_000);
    // A decoder that does not even exist: whatever reached it would come back as its failure.
    const { preparer: bare } = startPreparer({ script: new URL('file:///nowhere/decoder.ts') });
    expect(await faultOf(bare, bomb)).toBe('too-many-pixels');
    expect(await faultOf(bare, await plain(9, 9, red).png().toBuffer())).toBe('decoder-failed');
    await bare.stop();
  });
});
