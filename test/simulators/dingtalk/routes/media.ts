import { parseMultipart } from '../../feishu/multipart.ts';
import { oapiRefusal } from '../fault.ts';
import type { Platform } from '../platform.ts';
import type { Route } from '../route.ts';

const megabyte = 1024 * 1024;
const maxBytes = new Map([
  ['image', 20 * megabyte],
  ['voice', 2 * megabyte],
  ['video', 20 * megabyte],
  ['file', 20 * megabyte],
]);
const rememberedUploads = 1000;

/** `media/upload` of the old host; its id is reusable. */
export function mediaRoutes(platform: Platform): readonly Route[] {
  const { ids, world } = platform;
  return [
    {
      api: 'oapi.media.upload',
      host: 'oapi',
      method: 'POST',
      path: '/media/upload',
      token: 'query',
      metered: 'month',
      handle({ raw, headers, query, arrivedMs }) {
        const contentType = headers['content-type'];
        const parts = typeof contentType === 'string' ? parseMultipart(raw, contentType) : undefined;
        const type = query.get('type') ?? parts?.get('type')?.toString() ?? '';
        const cap = maxBytes.get(type);
        if (cap === undefined) throw oapiRefusal(40004, '不合法的媒体文件类型');
        const media = parts?.get('media');
        if (media === undefined) throw oapiRefusal(41005, '缺少多媒体文件数据');
        if (media.length > cap) throw oapiRefusal(40009, '不合法的文件大小');
        const mediaId = `@lADP${ids.hex(32)}`;
        world.uploads.set(mediaId, media);
        const oldest = world.uploads.keys().next().value;
        if (world.uploads.size > rememberedUploads && oldest !== undefined) world.uploads.delete(oldest);
        return { json: { errcode: 0, errmsg: 'ok', media_id: mediaId, created_at: arrivedMs, type } };
      },
    },
  ];
}
