import { createHash } from 'node:crypto';
import { decryptFile, WecomCrypto } from '@wecom/aibot-node-sdk';
import { decrypt, encrypt, getSignature } from '@wecom/crypto';
import { describe, expect, it } from 'vitest';
import {
  decryptCallback,
  encryptCallback,
  encryptMedia,
  signCallback,
  type CallbackKeys,
} from './encryption.ts';

const encodingAesKey = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const random = Buffer.from('0123456789abcdef');
const [timestamp, nonce] = ['1767225600', 'nonce12345'];
const bot: CallbackKeys = { token: 'simToken01', encodingAesKey, receiveId: '' };
const app: CallbackKeys = { ...bot, receiveId: 'wwsimcorp0000001' };

describe('callback encryption makes the recorded ciphertext and signature', () => {
  it.each([
    [
      bot,
      '3812746501928374655',
      '4j/AuRx71kQlxVlzbpsMWE2aOLz3JoefVLJTzEqMkqNcnlUrtnyHGNz6ePlVzD9WMfOMAg7EkL7G3WCCerrbRw==',
      '9be6c5ed4890976a695fba13ba8ae55c5b74d1b2',
    ],
    [
      app,
      '1616140317555161061',
      '4j/AuRx71kQlxVlzbpsMWFHe92iq4VdHki6B+j5nrtjpRANbKHeJC8ZRUpVDPUqXx0QXqgMJQrvNsoqsA0MvTg==',
      '29565d6baddf0f183a9b63267e7bd0358b6bdaa6',
    ],
    [
      bot,
      '{"msgtype":"stream","stream":{"id":"STREAM01","finish":true,"content":"**ok** 完成"}}',
      '4j/AuRx71kQlxVlzbpsMWGsBmRhNkQfKzMxg0UBP0yLKHOePwoQ7G3O/rgBRzTPlnFxWtFriiWIEYT4k+hKgqhEAzvghYZ6WDmcNkk3UaFrB/EY+lCV0HJSOQdRRHlC+IYVh7fS/QBHfzvV13MTMEabYG7GPDMcihxAPjZYa5N0=',
      '81d362304536da0efa4137a122f54ee7ca20f054',
    ],
  ])('of %o', (keys, text, ciphertext, signature) => {
    expect(encryptCallback(text, keys, random)).toBe(ciphertext);
    expect(signCallback(keys.token, timestamp, nonce, ciphertext)).toBe(signature);
    expect(decryptCallback(ciphertext, keys)).toBe(text);
  });

  it('of lengths around every border of padding, in agreement with both official packages', () => {
    for (let length = 0; length <= 70; length += 1) {
      const text = '字'.repeat(length % 7) + 'x'.repeat(length);
      const ciphertext = encryptCallback(text, app, random);
      expect(ciphertext).toBe(encrypt(encodingAesKey, text, app.receiveId, random));
      expect(decrypt(encodingAesKey, ciphertext)).toMatchObject({ message: text, id: app.receiveId });
      const official = new WecomCrypto(app.token, encodingAesKey, app.receiveId);
      expect(official.decrypt(ciphertext)).toBe(text);
      const theirs = official.encrypt(text, timestamp, nonce);
      expect(decryptCallback(theirs.encrypt, app)).toBe(text);
      expect(theirs.signature).toBe(signCallback(app.token, timestamp, nonce, theirs.encrypt));
      expect(getSignature(app.token, timestamp, nonce, ciphertext)).toBe(
        signCallback(app.token, timestamp, nonce, ciphertext),
      );
    }
  });
});

describe('a wrong ciphertext is refused', () => {
  const ciphertext = encryptCallback('hello', app, random);

  it('when it was made for another receive id', () => {
    expect(() => decryptCallback(ciphertext, bot)).toThrow(expect.objectContaining({ code: -40005 }));
  });

  it('when the key is another', () => {
    const other = { ...app, encodingAesKey: encodingAesKey.replace('AAEC', 'BBEC') };
    expect(() => decryptCallback(ciphertext, other)).toThrow(expect.objectContaining({ code: -40007 }));
  });

  it('when it is no ciphertext at all', () => {
    expect(() => decryptCallback('', app)).toThrow(expect.objectContaining({ code: -40007 }));
    expect(() => decryptCallback('bm90IHNpeHRlZW4=', app)).toThrow(expect.objectContaining({ code: -40007 }));
  });
});

describe('media encryption', () => {
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );

  it('makes the recorded bytes, with a padding above sixteen', () => {
    expect(createHash('md5').update(picture).digest('hex')).toBe('f829b914fc47cfc9c0747c119c27cf1b');
    const encrypted = encryptMedia(picture, encodingAesKey);
    expect(encrypted.toString('base64')).toBe(
      'vvnZzQwwP9hfNIvc8y0ibwEwDM1d7N6V3Nzz7HsesBj7QnYkFOTgLnW54QL63fXMEAC96aGMXlScciwiDfUARkxrbLsCd4s7I3sDXng8LIxJfHLfkB17EynNhq/e5ofU',
    );
    expect(decryptFile(encrypted, encodingAesKey)).toEqual(picture);
  });

  it('pads a whole block when nothing is missing', () => {
    expect(encryptMedia(Buffer.alloc(64), encodingAesKey)).toHaveLength(96);
  });
});
