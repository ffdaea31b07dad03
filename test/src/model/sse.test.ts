import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseReader, maxLineCharacters } from '../../../src/model/sse.ts';

function read(pieces: readonly Uint8Array[]): { payloads: string[]; errorLines: string[] } {
  const payloads: string[] = [];
  const errorLines: string[] = [];
  const reader = createSseReader({
    data: (payload) => payloads.push(payload),
    errorLine: (payload) => errorLines.push(payload),
  });
  for (const piece of pieces) reader.feed(piece);
  reader.end();
  return { payloads, errorLines };
}

const recorded = {
  plain: 'data: {"a":"第一😀"}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n',
  'carriage returns':
    ': ping - 2026\r\n\r\ndata: {"a":"第一😀"}\r\n\r\ndata: {"b":2}\r\n\r\ndata: [DONE]\r\n\r\n',
  'bare carriage returns': 'data: {"a":"第一😀"}\r\rdata: {"b":2}\r\rdata: [DONE]\r\r',
  'no blanks, a byte order mark, no last blank line':
    '\uFEFFdata:{"a":"第一😀"}\n\n:\n\nid: 7\nevent: x\ndata:{"b":2}\n\ndata:[DONE]',
};

describe('the SSE reader', () => {
  it.each(Object.entries(recorded))(
    'gives the same events wherever the bytes are cut: %s',
    (_name, stream) => {
      const bytes = Buffer.from(stream);
      const expected = ['{"a":"第一😀"}', '{"b":2}', '[DONE]'];
      for (let at = 0; at <= bytes.length; at += 1) {
        expect(read([bytes.subarray(0, at), bytes.subarray(at)]).payloads).toEqual(expected);
      }
      expect(read([...bytes].map((byte) => Uint8Array.of(byte))).payloads).toEqual(expected);
    },
  );

  it('gives the same events for any number of cuts', () => {
    const bytes = Buffer.from(Object.values(recorded).slice(0, 3).join(''));
    const whole = read([bytes]).payloads;
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), bytes.length];
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(read(pieces).payloads).toEqual(whole);
      }),
    );
  });

  it('sees an error line, also when it is cut in the middle', () => {
    const bytes = Buffer.from('data: {"a":1}\n\nerror: {"code":500}\n\n');
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)]).errorLines).toEqual(['{"code":500}']);
    }
  });

  it('joins the data lines of one event', () => {
    expect(read([Buffer.from('data: {"a":\ndata: 1}\n\n')]).payloads).toEqual(['{"a":\n1}']);
  });

  it('says stop when a line is longer than a megabyte', () => {
    const reader = createSseReader({ data: () => undefined, errorLine: () => undefined });
    const piece = Buffer.from('x'.repeat(65_536));
    let fed = 0;
    while (reader.feed(piece)) fed += piece.length;
    expect(fed).toBeLessThanOrEqual(maxLineCharacters);
  });
});
