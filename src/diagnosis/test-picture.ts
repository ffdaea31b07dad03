import { crc32, deflateSync } from 'node:zlib';

/** 400 tokens for Qwen3-VL, and as heavy as a screenshot: beyond the megabyte that nginx lets pass by default. */
const side = 640;

/** A picture of noise as a PNG of 1.2 MB: what people send, without anything of theirs. */
export function testPicture(): Buffer {
  const rows = Buffer.alloc(side * (1 + side * 3));
  let noise = 1;
  for (let index = 0; index < rows.length; index += 1) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    // The first byte of each row names its filter: none.
    rows[index] = index % (1 + side * 3) === 0 ? 0 : noise >>> 24;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
