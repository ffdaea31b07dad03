import { detectKind } from '../../../../src/media/detect.ts';

const types: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  bmp: 'image/bmp',
  avif: 'image/avif',
};

/** What a browser is told about bytes that came without a type. */
export function pictureType(bytes: Uint8Array): string {
  return types[detectKind(bytes)] ?? 'application/octet-stream';
}
