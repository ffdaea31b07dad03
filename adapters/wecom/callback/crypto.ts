import { createCipheriv, createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';

// The callback encryption of all platforms of the house (path 90968): AES-256-CBC, the key's first half as IV, PKCS#7
// padding to a multiple of 32, and a signature by SHA-1 over the sorted parts.

const PADDING_BLOCK = 32;
const CIPHER_BLOCK = 16;
/** 16 random bytes and the text's length, 4 bytes big endian. */
const HEADER_BYTES = 20;

/** 32 bytes in base64, with or without the `=` at its end; undefined for anything else. */
export function readAesKey(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.byteLength === 32 ? key : undefined;
}

export function signatureOf(token: string, timestamp: string, nonce: string, encrypted: string): string {
  return createHash('sha1').update([token, timestamp, nonce, encrypted].sort().join('')).digest('hex');
}

/** Takes equally long wherever the two differ. */
export function sameSignature(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}

/** The bytes without encryption and padding; undefined when they are not in that form. Never throws. */
export function decryptBytes(cipherText: Uint8Array, key: Buffer): Buffer | undefined {
  if (cipherText.byteLength === 0 || cipherText.byteLength % CIPHER_BLOCK !== 0) return undefined;
  // OpenSSL's own unpadding knows paddings up to 16 only.
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, CIPHER_BLOCK)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(cipherText), decipher.final()]);
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > PADDING_BLOCK || padding > padded.byteLength) return undefined;
  if (padded.subarray(-padding).some((byte) => byte !== padding)) return undefined;
  return padded.subarray(0, -padding);
}

/**
 * The text of a callback; undefined when anything about it is wrong. `receiveId` must be who the text is for: the
 * CorpID; empty (an AI bot's) is not compared, as in the official libraries.
 */
export function decryptText(encrypted: string, key: Buffer, receiveId: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encrypted)) return undefined;
  const plain = decryptBytes(Buffer.from(encrypted, 'base64'), key);
  if (plain === undefined || plain.byteLength < HEADER_BYTES) return undefined;
  const end = HEADER_BYTES + plain.readUInt32BE(16);
  if (end > plain.byteLength) return undefined;
  if (receiveId !== '' && !plain.subarray(end).equals(Buffer.from(receiveId))) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      plain.subarray(HEADER_BYTES, end),
    );
  } catch {
    return undefined; // not UTF-8
  }
}

/** The other way round, for a passive answer. `random`: 16 bytes. */
export function encryptText(text: string, key: Buffer, receiveId: string, random: Uint8Array): string {
  const message = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.byteLength);
  const plain = Buffer.concat([random, length, message, Buffer.from(receiveId)]);
  const padding = PADDING_BLOCK - (plain.byteLength % PADDING_BLOCK);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, CIPHER_BLOCK)).setAutoPadding(false);
  return Buffer.concat([
    cipher.update(plain),
    cipher.update(Buffer.alloc(padding, padding)),
    cipher.final(),
  ]).toString('base64');
}
