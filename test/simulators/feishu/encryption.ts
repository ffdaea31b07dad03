import { createCipheriv, createHash } from 'node:crypto';

/** Base64 of IV and ciphertext: AES-256-CBC under SHA-256 of the Encrypt Key. `iv` is 16 bytes. */
export function encryptEvent(plaintext: string, encryptKey: string, iv: Uint8Array): string {
  const key = createHash('sha256').update(encryptKey).digest();
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final()]).toString('base64');
}

/** `X-Lark-Signature`: hex SHA-256 over timestamp, nonce, Encrypt Key and the raw body. */
export function signBody(timestamp: string, nonce: string, encryptKey: string, body: string): string {
  return createHash('sha256')
    .update(timestamp + nonce + encryptKey + body)
    .digest('hex');
}
