import type { Refusal } from './errors.ts';
import type { SeenImage } from './types.ts';

const strictBase64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Reads one `image_url`, as strictly as vLLM: data URLs with clean base64 of a picture that really decodes. */
export async function readImage(url: unknown): Promise<SeenImage | Refusal> {
  if (typeof url !== 'string') return refuse('Field required: image_url.url');
  if (/^https?:/.test(url)) {
    return {
      status: 422,
      message: 'Failed to fetch media from URL: HTTP 404 error',
      kind: 'UnprocessableEntityError',
      param: 'image_url',
    };
  }
  if (!url.startsWith('data:')) return refuse('The URL must be either a HTTP, data or file URL.');
  const comma = url.indexOf(',');
  if (comma < 0) return refuse(`Invalid data URL '${url.slice(0, 30)}…': missing ',' separator.`);
  const [mime = '', encoding] = url.slice(5, comma).split(';');
  if (encoding !== 'base64') {
    return {
      status: 501,
      message: 'Only base64 data URLs are supported for now.',
      kind: 'NotImplementedError',
    };
  }
  const base64 = url.slice(comma + 1);
  if (!strictBase64.test(base64) || base64.length % 4 !== 0) return refuse('Only base64 data is allowed');
  return decodeImage(mime, Buffer.from(base64, 'base64'));
}

async function decodeImage(mime: string, bytes: Buffer): Promise<SeenImage | Refusal> {
  const { default: sharp } = await import('sharp');
  try {
    const picture = sharp(bytes, { failOn: 'truncated' });
    const { format, width, height, orientation } = await picture.metadata();
    // Metadata alone would accept a file that is cut short.
    await picture.stats();
    return { mime, format, width, height, bytes, orientation };
  } catch {
    return refuse('cannot identify image file <_io.BytesIO object at 0x7f2b1c0a5e90>');
  }
}

function refuse(message: string): Refusal {
  return { status: 400, message, kind: 'BadRequestError' };
}

const colours: readonly {
  readonly zh: string;
  readonly en: string;
  readonly rgb: readonly [number, number, number];
}[] = [
  { zh: '黑色', en: 'black', rgb: [0, 0, 0] },
  { zh: '灰色', en: 'grey', rgb: [128, 128, 128] },
  { zh: '白色', en: 'white', rgb: [255, 255, 255] },
  { zh: '红色', en: 'red', rgb: [220, 30, 30] },
  { zh: '橙色', en: 'orange', rgb: [255, 140, 0] },
  { zh: '黄色', en: 'yellow', rgb: [250, 220, 40] },
  { zh: '绿色', en: 'green', rgb: [30, 160, 60] },
  { zh: '青色', en: 'cyan', rgb: [0, 190, 200] },
  { zh: '蓝色', en: 'blue', rgb: [30, 80, 220] },
  { zh: '紫色', en: 'purple', rgb: [130, 50, 180] },
  { zh: '粉色', en: 'pink', rgb: [255, 150, 190] },
  { zh: '棕色', en: 'brown', rgb: [120, 70, 30] },
];

/** The name of the most frequent colour, in both languages. */
export async function dominantColour(
  image: SeenImage,
): Promise<{ readonly zh: string; readonly en: string }> {
  const { default: sharp } = await import('sharp');
  const { dominant } = await sharp(image.bytes).resize(64, 64, { fit: 'inside', kernel: 'nearest' }).stats();
  const seen = [dominant.r, dominant.g, dominant.b];
  const distance = (rgb: readonly number[]): number =>
    rgb.reduce((sum, part, index) => sum + (part - (seen[index] ?? 0)) ** 2, 0);
  return colours.reduce((best, next) => (distance(next.rgb) < distance(best.rgb) ? next : best));
}
