/** Formats that are read; everything else has a name only so that it can be refused for the right reason. */
export type PictureFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'bmp' | 'tiff' | 'avif';

/**
 * What the first bytes say something is, whatever its name or MIME type claims. `other-picture`: a picture format that
 * is not read (icons, JPEG XL, JPEG 2000, Photoshop). `empty`: no bytes at all.
 */
export type DetectedKind =
  PictureFormat | 'heic' | 'other-picture' | 'svg' | 'html' | 'pdf' | 'empty' | 'other';

/** Looks at the first 1,024 bytes at most. */
export function detectKind(bytes: Uint8Array): DetectedKind {
  if (bytes.byteLength === 0) return 'empty';
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024));
  for (const { kind, at, magic } of signatures) {
    if (head.subarray(at, at + magic.byteLength).equals(magic)) return kind;
  }
  if (isRiff(head, 'WEBP')) return 'webp';
  if (isBmp(head)) return 'bmp';
  if (text(head, 4, 8) === 'ftyp') return kindOfBrands(head);
  return kindOfMarkup(head);
}

type Signature = { readonly kind: DetectedKind; readonly at: number; readonly magic: Buffer };

const signatures: readonly Signature[] = [
  { kind: 'jpeg', at: 0, magic: Buffer.from('ffd8ff', 'hex') },
  { kind: 'png', at: 0, magic: Buffer.from('89504e470d0a1a0a', 'hex') },
  { kind: 'gif', at: 0, magic: Buffer.from('GIF87a') },
  { kind: 'gif', at: 0, magic: Buffer.from('GIF89a') },
  { kind: 'tiff', at: 0, magic: Buffer.from('49492a00', 'hex') },
  { kind: 'tiff', at: 0, magic: Buffer.from('4d4d002a', 'hex') },
  { kind: 'tiff', at: 0, magic: Buffer.from('49492b00', 'hex') }, // BigTIFF
  { kind: 'tiff', at: 0, magic: Buffer.from('4d4d002b', 'hex') },
  { kind: 'pdf', at: 0, magic: Buffer.from('%PDF-') },
  { kind: 'other-picture', at: 0, magic: Buffer.from('00000100', 'hex') }, // Windows icon
  { kind: 'other-picture', at: 0, magic: Buffer.from('00000200', 'hex') }, // Windows cursor
  { kind: 'other-picture', at: 0, magic: Buffer.from('8BPS') }, // Photoshop
  { kind: 'other-picture', at: 0, magic: Buffer.from('ff0a', 'hex') }, // JPEG XL, bare
  { kind: 'other-picture', at: 4, magic: Buffer.from('4a584c20', 'hex') }, // JPEG XL in boxes
  { kind: 'other-picture', at: 4, magic: Buffer.from('6a502020', 'hex') }, // JPEG 2000
];

const text = (head: Buffer, from: number, to: number): string => head.toString('latin1', from, to);

const isRiff = (head: Buffer, form: string): boolean =>
  text(head, 0, 4) === 'RIFF' && text(head, 8, 12) === form;

/** `BM` alone would also be the start of a text; the header that follows has one of a few sizes. */
const isBmp = (head: Buffer): boolean =>
  text(head, 0, 2) === 'BM' &&
  head.byteLength >= 18 &&
  [12, 40, 52, 56, 64, 108, 124].includes(head.readUInt32LE(14));

const heicBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1']);

/**
 * ISO/IEC 14496-12 `ftyp`: the major brand, then (after a version) the compatible ones. A picture may name the general
 * `mif1` first, so AVIF is looked for before HEIF; any other brand is a film.
 */
function kindOfBrands(head: Buffer): DetectedKind {
  const end = Math.min(head.readUInt32BE(0), head.byteLength);
  const brands = [text(head, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(text(head, at, at + 4));
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  return brands.some((brand) => heicBrands.has(brand)) ? 'heic' : 'other';
}

function kindOfMarkup(head: Buffer): DetectedKind {
  const start = head
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart()
    .toLowerCase();
  if (!start.startsWith('<')) return 'other';
  if (start.includes('<svg')) return 'svg';
  return /<(?:!doctype html|html|head|body|script|title|meta)/.test(start) ? 'html' : 'other';
}
