import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';

/** A line longer than this is not a token: 1 MiB of characters. */
export const maxLineCharacters = 1_048_576;

export type SseHandlers = {
  /** The payload of one event. */
  data(payload: string): void;
  /** The payload of an `error:` line, which llama.cpp builds of mid-2025 wrote and a conforming parser ignores. */
  errorLine(payload: string): void;
};

export type SseReader = {
  /** Takes bytes cut anywhere, also within a character. False when a line passed the limit: stop reading. */
  feed(bytes: Uint8Array): boolean;
  /** The stream is over: hands out a last event that has no blank line behind it. */
  end(): void;
};

/**
 * Bytes to event payloads. Only whole lines reach the parser: it drops, unseen, the beginning of a line whose field it
 * does not know, and with it an `error:` line that is cut between two packets.
 */
export function createSseReader(handlers: SseHandlers): SseReader {
  // Not `TextDecoder`: what that decodes of a stream survives several collections of young garbage (docs/performance.md).
  const decoder = new StringDecoder('utf8');
  const parser = createParser({
    onEvent: ({ data }) => handlers.data(data),
    onError: ({ type, field, value }) => {
      if (type === 'unknown-field' && field === 'error') handlers.errorLine(value ?? '');
    },
  });
  let pending: string[] = [];
  let pendingCharacters = 0;

  return {
    feed(bytes) {
      const text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      const cut = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
      if (cut > 0 && pending.length === 0) parser.feed(text.slice(0, cut));
      else if (cut > 0) {
        pending.push(text.slice(0, cut));
        parser.feed(pending.join(''));
        pending = [];
        pendingCharacters = 0;
      }
      if (cut < text.length) {
        pending.push(text.slice(cut));
        pendingCharacters += text.length - cut;
      }
      return pendingCharacters <= maxLineCharacters;
    },
    end() {
      parser.feed(`${pending.join('')}${decoder.end()}\n\n`);
      pending = [];
    },
  };
}
