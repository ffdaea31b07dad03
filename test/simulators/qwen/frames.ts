import type { ServerResponse } from 'node:http';
import type { WireStyle } from './types.ts';

export const plainWire: WireStyle = {
  lineEnd: '\n',
  blankAfterData: true,
  bom: false,
  commentEvery: 0,
  cut: 'events',
  noContent: 'profile',
  done: true,
  lastBlankLine: true,
  zeroUsage: false,
};

export type FrameWriter = {
  /** One event for each payload, in one write where the wire style allows it. */
  events(payloads: readonly string[]): void;
  /** A line that is no `data:` event, such as `error: …`. */
  line(line: string): void;
  /** The last events of the stream, then its end. */
  end(payloads: readonly string[]): void;
};

/** Lays events out as bytes: line ends, blanks, comments, and where the writes are cut. */
export function createFrameWriter(response: ServerResponse, wire: WireStyle): FrameWriter {
  let eventCount = 0;
  const started = { yet: false };

  function frame(payload: string): string {
    const { lineEnd } = wire;
    const comment =
      wire.commentEvery > 0 && eventCount % wire.commentEvery === 0 ? `: ping${lineEnd}${lineEnd}` : '';
    eventCount += 1;
    return `${comment}data:${wire.blankAfterData ? ' ' : ''}${payload}${lineEnd}${lineEnd}`;
  }

  function write(text: string): void {
    if (text === '' || response.writableEnded || response.destroyed) return;
    const whole = wire.bom && !started.yet ? `\uFEFF${text}` : text;
    started.yet = true;
    if (wire.cut === 'events') response.write(whole);
    else for (const piece of cut(Buffer.from(whole), wire.cut)) response.write(piece);
  }

  return {
    events: (payloads) => write(payloads.map(frame).join('')),
    line: (line) => write(`${line}${wire.lineEnd}${wire.lineEnd}`),
    end(payloads) {
      const text = payloads.map(frame).join('');
      write(wire.lastBlankLine ? text : text.slice(0, -2 * wire.lineEnd.length));
      response.end();
    },
  };
}

function* cut(bytes: Buffer, where: 'bytes' | 'mid-character'): Generator<Buffer> {
  let from = 0;
  for (let index = 1; index < bytes.length; index += 1) {
    const continuation = ((bytes[index] ?? 0) & 0xc0) === 0x80;
    if (where === 'bytes' || continuation) {
      yield bytes.subarray(from, index);
      from = index;
    }
  }
  yield bytes.subarray(from);
}
