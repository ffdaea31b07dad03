import { FeishuFault } from '../fault.ts';
import { parseMultipart } from '../multipart.ts';
import type { Platform } from '../platform.ts';
import { success, type Route } from '../route.ts';

/** Signatures of the formats the upload documents; HEIC by its brand. */
const formats: readonly { readonly mime: string; readonly matches: (bytes: Buffer) => boolean }[] = [
  { mime: 'image/jpeg', matches: (bytes) => bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])) },
  { mime: 'image/png', matches: (bytes) => bytes.subarray(1, 4).toString('latin1') === 'PNG' },
  { mime: 'image/gif', matches: (bytes) => bytes.subarray(0, 4).toString('latin1') === 'GIF8' },
  { mime: 'image/bmp', matches: (bytes) => bytes.subarray(0, 2).toString('latin1') === 'BM' },
  { mime: 'image/webp', matches: (bytes) => bytes.subarray(8, 12).toString('latin1') === 'WEBP' },
  { mime: 'image/x-icon', matches: (bytes) => bytes.subarray(0, 4).equals(Buffer.from([0, 0, 1, 0])) },
  {
    mime: 'image/tiff',
    matches: (bytes) => ['II*\0', 'MM\0*'].includes(bytes.subarray(0, 4).toString('latin1')),
  },
  { mime: 'image/heic', matches: (bytes) => /^ftyp(hei|mif)/.test(bytes.subarray(4, 12).toString('latin1')) },
];

/** Uploads, and downloads of the app's own uploads only. */
export function imageRoutes(platform: Platform): readonly Route[] {
  const { uploads, addUpload } = platform.world;
  return [
    {
      api: 'im.image.create',
      method: 'POST',
      path: '/open-apis/im/v1/images',
      scopes: ['im:resource', 'im:resource:upload'],
      handle({ raw, contentType }) {
        const parts = parseMultipart(raw, contentType);
        const type = parts?.get('image_type')?.toString('utf8');
        const image = parts?.get('image');
        if (image === undefined || (type !== 'message' && type !== 'avatar')) {
          throw new FeishuFault(234001, 'Invalid request param.');
        }
        if (image.length === 0) throw new FeishuFault(234010, "File's size can't be 0.");
        if (image.length > platform.rules.limits.imageBytes)
          throw new FeishuFault(234006, 'The file size exceed the max value.');
        const format = formats.find(({ matches }) => matches(image));
        if (format === undefined) throw new FeishuFault(234011, "Can't recognize image format.");
        const key = platform.ids.imageKey();
        addUpload({ key, type: 'image', bytes: image, mime: format.mime });
        return success({ image_key: key });
      },
    },
    {
      api: 'im.image.get',
      method: 'GET',
      path: '/open-apis/im/v1/images/:image_key',
      scopes: ['im:resource'],
      handle({ params }) {
        const upload = uploads.get(params['image_key'] ?? '');
        if (upload === undefined) throw new FeishuFault(234008, 'The app is not the resource sender.');
        return { bytes: upload.bytes, mime: upload.mime, fileName: upload.key };
      },
    },
  ];
}
