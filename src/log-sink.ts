import type { Writable } from 'node:stream';

/** How many bytes may wait for a reader that does not read; then lines are dropped. About ten thousand lines. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024;

export type LogSink = {
  write(line: string): void;
  /** Lines dropped since the start. */
  dropped(): number;
  /** Resolves once everything written so far is handed over, or after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>;
};

/**
 * Writes lines without ever waiting for the reader: what does not fit is dropped and counted, and the count is logged
 * through `report` as soon as there is room again. A reader that went away is no reason to stop either.
 */
export function createLogSink(destination: Writable, report: (dropped: number) => string): LogSink {
  let dropped = 0;
  let reported = 0;
  // An unhandled error event (EPIPE) would end the process.
  destination.on('error', () => undefined);

  function hasRoom(): boolean {
    return destination.writable && destination.writableLength < MAX_WAITING_BYTES;
  }

  return {
    write(line) {
      if (!hasRoom()) {
        dropped += 1;
        return;
      }
      if (dropped > reported) {
        const count = dropped - reported;
        reported = dropped;
        destination.write(report(count));
      }
      destination.write(line);
    },
    dropped: () => dropped,
    flush: (timeoutMs) =>
      new Promise((resolve) => {
        if (!destination.writable || destination.writableLength === 0) return resolve();
        const timer = setTimeout(resolve, timeoutMs);
        destination.write('', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
