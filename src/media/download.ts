import { Readable } from 'node:stream';
import type { MediaBody } from '../contract/media.ts';
import type { Clock } from '../contract/runtime.ts';
import type { ImageFaultCode } from './types.ts';

/** Bounds of one download. */
export type DownloadLimits = {
  readonly maxBytes: number;
  /** Longest silence between two pieces. */
  readonly idleTimeoutMs: number;
  /** Longest download in all, so that one byte every few seconds cannot hold a turn for hours. */
  readonly totalTimeoutMs: number;
};

/**
 * 20 MB holds any phone photo (a 48-megapixel JPEG has about 15 MB) and is more than Feishu or WeCom let through as a
 * picture (10 MB); 60 s for all of it is a line of 3 Mbit/s.
 */
export const defaultDownloadLimits: DownloadLimits = {
  maxBytes: 20 * 1024 * 1024,
  idleTimeoutMs: 15_000,
  totalTimeoutMs: 60_000,
};

/** `reason` is for the log: a fixed word, never something the other side wrote. */
type Refusal = {
  readonly ok: false;
  readonly code: Extract<ImageFaultCode, 'too-many-bytes' | 'download-failed'>;
  readonly reason: 'declared' | 'counted' | 'idle' | 'slow' | 'aborted' | 'broken';
};

export type Download = { readonly ok: true; readonly bytes: Uint8Array } | Refusal;

/**
 * Reads a body whole, but never more than `maxBytes` of it: a body that declares more is refused unread, one that
 * sends more is left at that point. Never rejects. Where it ends early the stream is closed; abort the signal that was
 * given to `fetchMedia` as well if the stream is not Node's own.
 */
export async function readCapped(
  body: MediaBody,
  limits: DownloadLimits,
  clock: Clock,
  signal: AbortSignal,
): Promise<Download> {
  const pieces = body.stream[Symbol.asyncIterator]();
  const download =
    body.declaredBytes !== undefined && body.declaredBytes > limits.maxBytes
      ? refused('too-many-bytes', 'declared')
      : await readPieces(pieces, limits, clock, signal);
  if (!download.ok) close(body.stream, pieces);
  return download;
}

const refused = (code: Refusal['code'], reason: Refusal['reason']): Refusal => ({ ok: false, code, reason });

/** Reading and watching run beside each other, and whichever comes to an end first decides. */
async function readPieces(
  pieces: AsyncIterator<Uint8Array>,
  limits: DownloadLimits,
  clock: Clock,
  signal: AbortSignal,
): Promise<Download> {
  const startedAtMs = clock.now().getTime();
  const over = new AbortController();
  let heardAtMs = startedAtMs;

  async function read(): Promise<Download> {
    const collected = createCollector(limits.maxBytes);
    while (!over.signal.aborted) {
      const piece = await pieces.next();
      if (piece.done === true) return { ok: true, bytes: collected.bytes() };
      if (!collected.add(piece.value)) return refused('too-many-bytes', 'counted');
      heardAtMs = clock.now().getTime();
    }
    return refused('download-failed', 'aborted');
  }

  async function watch(): Promise<Download> {
    const until = AbortSignal.any([over.signal, signal]);
    while (!until.aborted) {
      const nowMs = clock.now().getTime();
      const idleLeftMs = heardAtMs + limits.idleTimeoutMs - nowMs;
      const totalLeftMs = startedAtMs + limits.totalTimeoutMs - nowMs;
      if (totalLeftMs <= 0) return refused('download-failed', 'slow');
      if (idleLeftMs <= 0) return refused('download-failed', 'idle');
      await clock.sleep(Math.min(idleLeftMs, totalLeftMs), until);
    }
    return refused('download-failed', 'aborted');
  }

  // The platform's error may name a URL with a token in it; the adapter has logged it, here only the fact counts.
  const download = await Promise.race([read().catch(() => refused('download-failed', 'broken')), watch()]);
  over.abort();
  return download;
}

/**
 * One growing buffer: a list of pieces would cost a hundred times the bytes if they came one by one. Doubles, so that it
 * never holds more than twice the cap while it grows.
 */
function createCollector(maxBytes: number) {
  let buffer = new Uint8Array(Math.min(64 * 1024, maxBytes));
  let length = 0;
  return {
    add(piece: Uint8Array): boolean {
      const needed = length + piece.byteLength;
      if (needed > maxBytes) return false;
      if (needed > buffer.byteLength) {
        const larger = new Uint8Array(Math.min(maxBytes, Math.max(needed, buffer.byteLength * 2)));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(piece, length);
      length = needed;
      return true;
    },
    bytes: () => buffer.subarray(0, length),
  };
}

function close(stream: AsyncIterable<Uint8Array>, pieces: AsyncIterator<Uint8Array>): void {
  // `return` of a generator waits for the piece under way, which may never come: nobody waits for it here.
  const leave = async (): Promise<unknown> => pieces.return?.();
  void leave().catch(() => undefined);
  if (stream instanceof Readable) stream.destroy();
}
