import type { IncomingMessage } from 'node:http';

/** Largest webhook body; callbacks of all platforms are a few kilobytes. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** All bodies being received at one time: what nobody has verified yet may not fill the memory. */
export const MAX_PENDING_BYTES = 32 * 1024 * 1024;

/** What is still read, and thrown away, of a request that was refused: else the peer would see a reset, not the answer. */
export const MAX_DISCARDED_BYTES = 8 * 1024 * 1024;

export type RawBody =
  | { readonly bytes: Uint8Array }
  /** `too-large` 413 · `too-busy` 503 · `encoded` 415: nothing is ever inflated · `cut-off`: the peer is gone. */
  | { readonly refused: 'too-large' | 'too-busy' | 'encoded' | 'cut-off' };

/** Reads whole bodies, untouched, never holding more than the caps above. One for the server. */
export function createBodyReader(): (request: IncomingMessage) => Promise<RawBody> {
  let pendingBytes = 0;

  return async (request) => {
    if (request.headers['content-encoding'] !== undefined) return { refused: 'encoded' };
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return { refused: 'too-large' };
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      // Leaving the loop must not destroy the socket: the refusal is still to be sent through it.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        bytes += chunk.byteLength;
        pendingBytes += chunk.byteLength;
        if (bytes > MAX_BODY_BYTES) return { refused: 'too-large' };
        if (pendingBytes > MAX_PENDING_BYTES) return { refused: 'too-busy' };
        chunks.push(chunk);
      }
      return { bytes: Buffer.concat(chunks, bytes) };
    } catch {
      return { refused: 'cut-off' }; // Reset or timed out: there is nobody left to answer.
    } finally {
      pendingBytes -= bytes;
    }
  };
}

/** Reads the rest of a refused request into nothing; a peer that sends on and on is cut. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  let bytes = 0;
  request.on('error', () => undefined); // The peer left, or was cut here; there is nothing more to do for it.
  request.on('data', (chunk: Uint8Array) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_DISCARDED_BYTES) request.destroy();
  });
}
