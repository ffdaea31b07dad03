import { decrypt, encrypt as officialEncrypt, getSignature } from '@wecom/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decryptBytes,
  decryptText,
  encryptText,
  readAesKey,
  sameSignature,
  signatureOf,
} from '../../../adapters/wecom/callback/crypto.ts';
import { createVerifier } from '../../../adapters/wecom/callback/verify.ts';
import { signedRequest, vectorKeys } from './support.ts';

const key = readAesKey(vectorKeys.encodingAesKey) ?? Buffer.alloc(0);
const random = Buffer.from('0123456789abcdef');

const vectors = [
  {
    name: 'the check of a bot’s address',
    receiveId: '',
    text: '3812746501928374655',
    encrypted: '4j/AuRx71kQlxVlzbpsMWE2aOLz3JoefVLJTzEqMkqNcnlUrtnyHGNz6ePlVzD9WMfOMAg7EkL7G3WCCerrbRw==',
    signature: '9be6c5ed4890976a695fba13ba8ae55c5b74d1b2',
  },
  {
    name: 'a message in a group',
    receiveId: '',
    text: '{"msgid":"MSG_A_0001","aibotid":"aibSIM01","chatid":"wrSIMCHAT01","chattype":"group","from":{"userid":"zhangsan"},"response_url":"https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=RC01","msgtype":"text","text":{"content":"@RobotA 你好"}}',
    encrypted:
      '4j/AuRx71kQlxVlzbpsMWKd4+knzFjhWYM1nUzbbLvllXN8GZxK3kNJXq69ZrArwn4cjl5MgaXIyud7sUtJA5B7LYDB8QthE8Gy2Sv8V/0B+UJvoNIY4N1vCRhGiCQaEPGYbRdizuP8Y0SGFha0PPPViGGWzWFG9ljeEjDaLMa1DPB9X0xj+sETVrJb4nLq4sJV2QXHfrxoV8ZncTIGWyxdie4T1t41BOpPdnQDBJia076Kp1WPXNIUpgHh5YQ+3WSk+dOP18fwv6XJbdhnvo9gcqoBiHZFIQ+SmgcgmiO0J5Xrt/0qGvRuhVvutAOSI+3rUnJX8XwXqGBnd2qxotM3vIR77QQynbBK7s+3P4XigQPkoFMeRvnXXZ+FCcOzs',
    signature: 'c0587a789b3cbc23f87ee0eb5d422984695a153a',
  },
  {
    name: 'a passive reply',
    receiveId: '',
    text: '{"msgtype":"stream","stream":{"id":"STREAM01","finish":true,"content":"**ok** 完成"}}',
    encrypted:
      '4j/AuRx71kQlxVlzbpsMWGsBmRhNkQfKzMxg0UBP0yLKHOePwoQ7G3O/rgBRzTPlnFxWtFriiWIEYT4k+hKgqhEAzvghYZ6WDmcNkk3UaFrB/EY+lCV0HJSOQdRRHlC+IYVh7fS/QBHfzvV13MTMEabYG7GPDMcihxAPjZYa5N0=',
    signature: '81d362304536da0efa4137a122f54ee7ca20f054',
  },
  {
    name: 'the check of an app’s address',
    receiveId: 'wwsimcorp0000001',
    text: '1616140317555161061',
    encrypted: '4j/AuRx71kQlxVlzbpsMWFHe92iq4VdHki6B+j5nrtjpRANbKHeJC8ZRUpVDPUqXx0QXqgMJQrvNsoqsA0MvTg==',
    signature: '29565d6baddf0f183a9b63267e7bd0358b6bdaa6',
  },
];

describe('the callback encryption', () => {
  it.for(vectors)('reads and writes $name as published', ({ receiveId, text, encrypted, signature }) => {
    expect(decryptText(encrypted, key, receiveId)).toBe(text);
    expect(encryptText(text, key, receiveId, random)).toBe(encrypted);
    expect(signatureOf(vectorKeys.token, '1767225600', 'nonce12345', encrypted)).toBe(signature);
  });

  it('agrees with the official library in both directions', () => {
    const text = '{"msgtype":"text","text":{"content":"你好 😀"}}';
    const ours = encryptText(text, key, 'ww1', random);
    expect(decrypt(vectorKeys.encodingAesKey, ours)).toMatchObject({ message: text, id: 'ww1' });
    expect(decryptText(officialEncrypt(vectorKeys.encodingAesKey, text, 'ww1'), key, 'ww1')).toBe(text);
    expect(signatureOf('token', '1', '2', ours)).toBe(getSignature('token', '1', '2', ours));
  });

  it('takes a text for another company for none', () => {
    const [, , , app] = vectors;
    expect(decryptText(app?.encrypted ?? '', key, 'wwsimcorp0000002')).toBeUndefined();
  });

  it('decrypts a picture whose padding is longer than OpenSSL takes off', () => {
    const cipherText = Buffer.from(
      'vvnZzQwwP9hfNIvc8y0ibwEwDM1d7N6V3Nzz7HsesBj7QnYkFOTgLnW54QL63fXMEAC96aGMXlScciwiDfUARkxrbLsCd4s7I3sDXng8LIxJfHLfkB17EynNhq/e5ofU',
      'base64',
    );
    expect(decryptBytes(cipherText, key)?.toString('base64')).toBe(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    );
  });

  it('reads keys of 43 and 44 characters, and no others', () => {
    expect(readAesKey(`${vectorKeys.encodingAesKey}=`)).toEqual(key);
    for (const none of [
      '',
      'short',
      `${vectorKeys.encodingAesKey}==`,
      `-${vectorKeys.encodingAesKey.slice(1)}`,
    ])
      expect(readAesKey(none)).toBeUndefined();
  });

  it('never throws for what was tampered with, and gives no text once the end is cut off', () => {
    const text = '{"msgid":"1","msgtype":"text","text":{"content":"你好"}}';
    const genuine = Buffer.from(encryptText(text, key, 'wwsimcorp0000001', random), 'base64');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(genuine.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.nat(genuine.length),
        fc.boolean(),
        (flips, end, cut) => {
          const mutated = Buffer.from(genuine);
          for (const [index, bits] of flips) mutated[index] = (mutated[index] ?? 0) ^ bits;
          const sent = cut ? mutated.subarray(0, end) : mutated;
          const found = decryptText(sent.toString('base64'), key, 'wwsimcorp0000001');
          if (sent.length < genuine.length) expect(found).toBeUndefined();
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe('a request', () => {
  const verifier = createVerifier(vectorKeys);

  it('is opened when it is genuine', () => {
    const request = signedRequest('{"msgtype":"text"}', vectorKeys);
    const { encrypt } = JSON.parse(Buffer.from(request.body).toString()) as { encrypt: string };
    expect(verifier.open(request.query, encrypt)).toEqual({
      type: 'text',
      text: '{"msgtype":"text"}',
      nonce: 'nonce12345',
    });
  });

  it('is refused after any change to what was signed, 50,000 times', () => {
    const encrypted = encryptText('{"msgtype":"text"}', key, '', random);
    const query = { timestamp: '1767225600', nonce: 'nonce12345' };
    const msg_signature = signatureOf(vectorKeys.token, query.timestamp, query.nonce, encrypted);
    const signed = new URLSearchParams({ ...query, msg_signature });
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=';
    let state = 1;
    const next = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state % below;
    };
    let taken = 0;
    for (let times = 0; times < 50_000; times += 1) {
      const index = next(encrypted.length);
      const letter = alphabet.charAt(next(alphabet.length));
      const mutated = encrypted.slice(0, index) + letter + encrypted.slice(index + 1);
      if (mutated !== encrypted && verifier.open(signed, mutated).type === 'text') taken += 1;
    }
    expect(taken).toBe(0);
  });

  it('is refused without a part of its proof, with one too long, and with another', () => {
    const encrypted = encryptText('{}', key, '', random);
    const msg_signature = signatureOf(vectorKeys.token, '1', '2', encrypted);
    const genuine = { msg_signature, timestamp: '1', nonce: '2' };
    expect(verifier.open(new URLSearchParams(genuine), encrypted).type).toBe('text');
    for (const name of ['msg_signature', 'timestamp', 'nonce'] as const) {
      for (const value of ['', 'x', 'x'.repeat(5_000)]) {
        const changed = new URLSearchParams({ ...genuine, [name]: value });
        expect(verifier.open(changed, encrypted).type).toBe('refused');
      }
    }
    expect(verifier.open(new URLSearchParams(genuine), undefined).type).toBe('refused');
  });

  it('compares signatures of any length', () => {
    expect([sameSignature('', ''), sameSignature('a', 'aa'), sameSignature('é', 'e')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
