import { createHash } from 'node:crypto';
import type { JsonObject } from '../../feishu/json.ts';
import { rememberIn } from '../bounded-map.ts';
import { invalidParameter } from '../fault.ts';
import { maxMediaBytes, minMediaBytes } from '../media-limits.ts';
import type { Platform } from '../platform.ts';

/** Uploads in chunks over the long connection; they outlive it. */
export type Uploads = {
  init(body: JsonObject): JsonObject;
  /** In any order; the same chunk again replaces it. */
  chunk(body: JsonObject): undefined;
  finish(body: JsonObject): JsonObject;
};

type Upload = {
  readonly type: string;
  readonly fileName: string;
  readonly totalBytes: number;
  readonly totalChunks: number;
  readonly md5: unknown;
  readonly startedMs: number;
  readonly chunks: Map<number, Buffer>;
};

const maxChunkBytes = 512 * 1024;
const maxChunks = 100;
const rememberedUploads = 100;

export function createUploads(platform: Platform): Uploads {
  const { rules, ids, world, quotas } = platform;
  const uploads = new Map<string, Upload>();

  function uploadOf(body: JsonObject): Upload {
    const upload = uploads.get(String(body['upload_id']));
    if (upload === undefined || platform.now() - upload.startedMs >= rules.limits.uploadSessionMs)
      throw invalidParameter('upload_id is invalid or expired');
    return upload;
  }

  return {
    init(body) {
      const { type, filename, total_size: totalBytes, total_chunks: totalChunks, md5 } = body;
      if (typeof type !== 'string' || typeof filename !== 'string' || filename === '')
        throw invalidParameter('type and filename are required');
      const cap = maxMediaBytes.get(type);
      if (cap === undefined) throw invalidParameter('type is invalid');
      if (typeof totalBytes !== 'number' || totalBytes < minMediaBytes || totalBytes > cap)
        throw invalidParameter('total_size is invalid');
      if (typeof totalChunks !== 'number' || totalChunks < 1 || totalChunks > maxChunks)
        throw invalidParameter('total_chunks is invalid');
      const startedMs = platform.now();
      quotas.upload(startedMs);
      const uploadId = ids.word(32);
      const upload = { type, fileName: filename, totalBytes, totalChunks, md5, startedMs, chunks: new Map() };
      rememberIn(uploads, uploadId, upload, rememberedUploads);
      return { upload_id: uploadId };
    },
    chunk(body) {
      const upload = uploadOf(body);
      const { chunk_index: index, base64_data: data } = body;
      const position = typeof index === 'number' ? index - rules.chunkIndexBase : -1;
      if (!Number.isInteger(position) || position < 0 || position >= upload.totalChunks)
        throw invalidParameter('chunk_index is invalid');
      const bytes = Buffer.from(typeof data === 'string' ? data : '', 'base64');
      if (bytes.length === 0 || bytes.length > maxChunkBytes)
        throw invalidParameter('base64_data is invalid');
      upload.chunks.set(position, bytes);
      return undefined;
    },
    finish(body) {
      const upload = uploadOf(body);
      const { type, fileName, totalBytes, totalChunks, md5, chunks } = upload;
      if (chunks.size !== totalChunks) throw invalidParameter('chunks are missing');
      const bytes = Buffer.concat(
        [...chunks].sort(([one], [other]) => one - other).map(([, chunk]) => chunk),
      );
      if (bytes.length !== totalBytes) throw invalidParameter('total_size does not match');
      if (md5 !== undefined && md5 !== createHash('md5').update(bytes).digest('hex'))
        throw invalidParameter('md5 does not match');
      const nowMs = platform.now();
      uploads.delete(String(body['upload_id']));
      const mediaId = world.addMedia({ type, bytes, fileName }, nowMs);
      return { type, media_id: mediaId, created_at: Math.floor(nowMs / 1000) };
    },
  };
}
