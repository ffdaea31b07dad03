/** Which way bytes travel: `up` from our service to the server behind the proxy, `down` back. */
export type Way = 'up' | 'down';

/**
 * What the network does to bytes. Without `way` it does so both ways.
 *
 * `delay`: each piece arrives later, by up to `jitterMs` more. `slice`: it arrives in pieces of `bytes` bytes, `pauseMs`
 * apart. `limit`: no more bytes a second than that. `cut`: the connection ends in order (FIN) after so many bytes.
 * `reset`: it breaks (RST) after so many. `half-open`: the connection stands, and nothing arrives any more.
 */
export type Toxic = { readonly way?: Way } & (
  | { readonly type: 'delay'; readonly delayMs: number; readonly jitterMs?: number }
  | { readonly type: 'slice'; readonly bytes: number; readonly pauseMs: number }
  | { readonly type: 'limit'; readonly bytesPerSecond: number }
  | { readonly type: 'cut'; readonly afterBytes: number }
  | { readonly type: 'reset'; readonly afterBytes: number }
  | { readonly type: 'half-open' }
);

/** One piece of what arrives: wait so long, then pass the bytes on. `end` says how the connection ends after it. */
export type Piece = {
  readonly bytes: Buffer;
  readonly waitMs: number;
  readonly end?: 'cut' | 'reset';
};

/** What has passed one way of one connection so far. */
export type Passed = { bytes: number };

const appliesTo = (toxic: Toxic, way: Way): boolean => toxic.way === undefined || toxic.way === way;

/** What becomes of one chunk. No pieces: it is lost. Pure but for `passed`, which it counts on. */
export function piecesOf(
  chunk: Buffer,
  way: Way,
  toxics: readonly Toxic[],
  passed: Passed,
  random: () => number,
): readonly Piece[] {
  let pieces: readonly Piece[] = [{ bytes: chunk, waitMs: 0 }];
  for (const toxic of toxics.filter((candidate) => appliesTo(candidate, way))) {
    if (toxic.type === 'half-open') return [];
    pieces = change(pieces, toxic, passed.bytes, random);
  }
  passed.bytes += pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return pieces;
}

function change(
  pieces: readonly Piece[],
  toxic: Exclude<Toxic, { readonly type: 'half-open' }>,
  passedBytes: number,
  random: () => number,
): readonly Piece[] {
  switch (toxic.type) {
    case 'delay': {
      const waitMs = toxic.delayMs + Math.floor(random() * (toxic.jitterMs ?? 0));
      return pieces.map((piece, index) =>
        index === 0 ? { ...piece, waitMs: piece.waitMs + waitMs } : piece,
      );
    }
    case 'slice':
      return pieces.flatMap((piece) => sliced(piece, toxic.bytes, toxic.pauseMs));
    case 'limit':
      // Small enough pieces that the pace is even, large enough that a machine keeps up.
      return pieces
        .flatMap((piece) => sliced(piece, Math.max(1, Math.ceil(toxic.bytesPerSecond / 50)), 0))
        .map((piece) => ({
          ...piece,
          waitMs: piece.waitMs + (piece.bytes.length * 1_000) / toxic.bytesPerSecond,
        }));
    case 'cut':
    case 'reset':
      return ended(pieces, toxic.type, toxic.afterBytes - passedBytes);
  }
}

function sliced(piece: Piece, size: number, pauseMs: number): readonly Piece[] {
  const slices: Piece[] = [];
  for (let at = 0; at < piece.bytes.length; at += size) {
    const waitMs = at === 0 ? piece.waitMs : pauseMs;
    slices.push({ bytes: piece.bytes.subarray(at, at + size), waitMs });
  }
  return slices;
}

/** The connection ends within these pieces once `left` more bytes have passed. */
function ended(pieces: readonly Piece[], end: 'cut' | 'reset', left: number): readonly Piece[] {
  const kept: Piece[] = [];
  let rest = left;
  for (const piece of pieces) {
    if (piece.bytes.length < rest) {
      kept.push(piece);
      rest -= piece.bytes.length;
      continue;
    }
    kept.push({ ...piece, bytes: piece.bytes.subarray(0, Math.max(0, rest)), end });
    return kept;
  }
  return kept;
}
