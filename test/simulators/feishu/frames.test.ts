import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from './frames.ts';

describe('the frame of the long connection', () => {
  it('writes the ping the SDK was recorded to send, byte for byte', () => {
    const frame = {
      seqId: 0n,
      logId: 0n,
      service: 33554678,
      method: 0,
      headers: new Map([['type', 'ping']]),
      payload: Buffer.alloc(0),
    };
    expect(encodeFrame(frame).toString('hex')).toBe('0800100018f681801020002a0c0a0474797065120470696e67');
  });

  it('reads back numbers of 64 bits, repeated headers and a binary payload', () => {
    const frame = {
      seqId: 2n ** 64n - 1n,
      logId: 300n,
      service: -5,
      method: 1,
      headers: new Map([
        ['message_id', '消息'],
        ['sum', '1'],
      ]),
      payload: Buffer.from([0, 255, 128]),
    };
    const decoded = decodeFrame(encodeFrame(frame));
    expect({ ...decoded, payload: Buffer.from(decoded.payload) }).toEqual(frame);
  });

  it.each(['ff', '0800100018f681801020002a0c0a04', '0800', '0b0c'])(
    'refuses %s, which is no frame',
    (hex) => {
      expect(() => decodeFrame(Buffer.from(hex, 'hex'))).toThrow();
    },
  );
});
