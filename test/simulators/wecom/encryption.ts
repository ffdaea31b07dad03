import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { WeComFault } from './fault.ts';

const blockBytes = 32;
const headerBytes = 20;

/** Keys of one callback address. `receiveId` is empty for an AI bot and the CorpID for an app. */
export type CallbackKeys = {
  readonly token: string;
  /** 43 characters. */
  readonly encodingAesKey: string;
  readonly receiveId: string;
};

/** `random(16) + length(4, big endian) + text + receiveId`, AES-256-CBC, padded to 32 bytes, in base64. */
export function encryptCallback(text: string, keys: CallbackKeys, random: Buffer): string {
  const message = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  const plain = Buffer.concat([random, length, message, Buffer.from(keys.receiveId, 'utf8')]);
  return encryptMedia(plain, keys.encodingAesKey).toString('base64');
}

/** Refuses with the codes of the official libraries: -40007 cannot be decrypted, -40008 not of this layout, -40005 another receive id. */
export function decryptCallback(encrypted: string, keys: CallbackKeys): string {
  const plain = decryptPadded(Buffer.from(encrypted, 'base64'), keys.encodingAesKey);
  if (plain.length < headerBytes) throw new WeComFault(-40008, 'illegal buffer');
  const end = headerBytes + plain.readUInt32BE(16);
  if (end > plain.length) throw new WeComFault(-40008, 'illegal buffer');
  if (plain.subarray(end).toString('utf8') !== keys.receiveId)
    throw new WeComFault(-40005, 'invalid receiveid');
  return plain.subarray(headerBytes, end).toString('utf8');
}

/** SHA-1 over the sorted, joined parts, in hexadecimal. */
export function signCallback(token: string, timestamp: string, nonce: string, encrypted: string): string {
  return createHash('sha1').update([token, timestamp, nonce, encrypted].sort().join('')).digest('hex');
}

/** What a media address delivers: no header, only the padded bytes. `key` is base64 of 32 bytes, padded or not. */
export function encryptMedia(bytes: Uint8Array, key: string): Buffer {
  const secret = Buffer.from(key, 'base64');
  const cipher = createCipheriv('aes-256-cbc', secret, secret.subarray(0, 16)).setAutoPadding(false);
  const padding = blockBytes - (bytes.length % blockBytes);
  return Buffer.concat([cipher.update(bytes), cipher.update(Buffer.alloc(padding, padding)), cipher.final()]);
}

function decryptPadded(bytes: Buffer, key: string): Buffer {
  const secret = Buffer.from(key, 'base64');
  if (bytes.length === 0 || bytes.length % 16 !== 0) throw new WeComFault(-40007, 'decrypt AES error');
  const decipher = createDecipheriv('aes-256-cbc', secret, secret.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const padding = padded.at(-1) ?? 0;
  const valid = padding >= 1 && padding <= blockBytes && padding <= padded.length;
  if (!valid || padded.subarray(-padding).some((byte) => byte !== padding))
    throw new WeComFault(-40007, 'decrypt AES error');
  return padded.subarray(0, -padding);
}
