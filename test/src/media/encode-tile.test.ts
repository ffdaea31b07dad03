import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import {
  blue,
  distance,
  fromRaw,
  green,
  noise,
  openPixels,
  plain,
  quarterPixels,
  quartersOf,
  red,
  white,
  yellow,
  type Quarters,
  type Rgb,
} from './pictures.ts';
import { imagesOf, never, startPreparer, succeeded } from './preparer.ts';

const { preparer } = startPreparer();
afterAll(() => preparer.stop());

const quarters: Quarters = [red, green, blue, yellow];

describe('a picture is sent so that detail survives:', () => {
  it('a flat screenshot goes as PNG, exactly as it was', async () => {
    const screenshot = await sharp(Buffer.from(drawnText(640, 320)))
      .flatten({ background: '#fff' })
      .png()
      .toBuffer();
    const [image] = await imagesOf(preparer, screenshot);
    expect(image).toMatchObject({ mime: 'image/png', width: 640, height: 320 });
    expect(await sharp(image!.bytes).raw().toBuffer()).toEqual(await sharp(screenshot).raw().toBuffer());
  });

  it('a photo goes as JPEG of quality 95 with full colour resolution', async () => {
    const image = (await imagesOf(preparer, await noise(640, 480).png().toBuffer()))[0]!;
    expect(image.mime).toBe('image/jpeg');
    const { format, chromaSubsampling, isProgressive } = await sharp(image.bytes).metadata();
    expect({ format, chromaSubsampling, isProgressive }).toEqual({
      format: 'jpeg',
      chromaSubsampling: '4:4:4',
      isProgressive: false,
    });
    const table = Buffer.from(image.bytes).indexOf(Buffer.from('ffdb', 'hex'));
    expect(image.bytes[table + 5]).toBe(2); // the standard table's first entry, 16, at quality 95
  });

  it('few colours go as JPEG all the same where that is smaller', async () => {
    const soft = await noise(640, 480).greyscale().blur(4).normalise().png().toBuffer();
    const image = (await imagesOf(preparer, soft))[0]!;
    expect(image.mime).toBe('image/jpeg');
    const asPng = await sharp(image.bytes).png({ compressionLevel: 9 }).toBuffer();
    expect(image.bytes.byteLength).toBeLessThan(asPng.byteLength);
  });

  it('more than 1,024 colours go as JPEG, however regular', async () => {
    const stripes = Buffer.alloc(320 * 640 * 3);
    for (let row = 0; row < 640; row += 1) {
      stripes.fill(Buffer.from([row & 255, row >> 8, 9]), row * 960, row * 960 + 480);
      stripes.fill(Buffer.from([row & 255, row >> 8, 200]), row * 960 + 480, row * 960 + 960);
    }
    const image = (await imagesOf(preparer, await fromRaw(stripes, 320, 640).png().toBuffer()))[0]!;
    expect(image.mime).toBe('image/jpeg');
    const flatter = stripes.subarray(0, 320 * 320 * 3);
    const flat = (await imagesOf(preparer, await fromRaw(flatter, 320, 320).png().toBuffer()))[0]!;
    expect(flat.mime).toBe('image/png');
  });

  it('a camera picture of 4032×3024 becomes 1920×1440', async () => {
    const photo = await fromRaw(quarterPixels(4032, 3024, quarters), 4032, 3024)
      .jpeg({ quality: 90 })
      .toBuffer();
    const outcome = succeeded(await preparer.prepare(photo, 8, never));
    expect(outcome.reduced).toBe(true);
    expect(outcome.images).toMatchObject([{ width: 1920, height: 1440 }]);
    const colours = await quartersOf(outcome.images[0]!.bytes);
    colours.forEach((colour, index) => expect(distance(colour, quarters[index]!)).toBeLessThanOrEqual(12));
  });

  it('a phone screenshot of 1080×12000 becomes seven tiles that overlap and miss no row', async () => {
    const pixels = Buffer.alloc(1080 * 12_000 * 3);
    for (let row = 0; row < 12_000; row += 1) writeNumber(pixels, row);
    const screenshot = await fromRaw(pixels, 1080, 12_000).png().toBuffer();
    const outcome = succeeded(await preparer.prepare(screenshot, 8, never));
    expect(outcome.reduced).toBe(false);
    expect(outcome.images).toHaveLength(7);
    const seen = new Set<number>();
    for (const image of outcome.images) {
      expect([image.width, image.height]).toEqual([1088, 1952]);
      const { at, height } = await openPixels(image.bytes);
      expect(distance(at(1087, 900), white)).toBeLessThanOrEqual(8);
      const first = readNumber(at, 0);
      for (let row = 0; row < height; row += 1) {
        expect(readNumber(at, row)).toBe(first + row);
        seen.add(first + row);
      }
    }
    expect(seen.size).toBe(12_000);
  });

  it('gives as many tiles as the message has room for', async () => {
    const long = await plain(400, 4000, red).png().toBuffer();
    const outcome = succeeded(await preparer.prepare(long, 2, never));
    expect(outcome.images).toHaveLength(2);
  });
});

/** Each row of the screenshot holds its own number: 14 blocks of 70 columns, white for one, black for nought. */
function writeNumber(pixels: Buffer, row: number): void {
  for (let bit = 0; bit < 14; bit += 1) {
    const start = (row * 1080 + bit * 70) * 3;
    pixels.fill((row >> bit) & 1 ? 255 : 0, start, start + 210);
  }
}

function readNumber(at: (column: number, row: number) => Rgb, row: number): number {
  let number = 0;
  for (let bit = 0; bit < 14; bit += 1) if (at(bit * 70 + 35, row)[0] > 127) number |= 1 << bit;
  return number;
}

const drawnText = (width: number, height: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="50%" height="20%" fill="#36c"/>` +
  `<text x="20" y="150" font-size="30">Error 0x80070005</text><circle cx="500" cy="200" r="60" fill="none" stroke="#c33"/></svg>`;
