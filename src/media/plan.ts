/** A cut out of the resized picture. What lies beyond the picture's right or lower edge is white. */
export type Tile = {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

/** First resize the upright picture to `width` × `height`, then cut the tiles, which stand in reading order. */
export type SizePlan = {
  readonly width: number;
  readonly height: number;
  readonly tiles: readonly Tile[];
  /** Detail was lost: the picture was made smaller, or its end was left out. */
  readonly reduced: boolean;
  /** The end of a very long picture is in none of the tiles. */
  readonly endLeftOut: boolean;
};

/** One token of Qwen3-VL and Qwen3.5 is 32×32 pixels (patch 16, merge 2); other sides the server would resample. */
const gridPixels = 32;
/** Up to 2:1. 1920×1920 are 3,600 tokens: four pictures fit a window of 16k. */
const maxLongSide = 1920;
/** Beyond 2:1. The width of most phone screenshots, whose text then stays as sharp as it was. */
const maxShortSide = 1080;
/** 1080 on the grid; a tile is never wider, and never longer than twice its width. */
const maxTileAcross = 1088;
/**
 * The server enlarges whatever has fewer than 65,536 pixels (Qwen's `shortest_edge`). Strips narrower than this (one line
 * of text, say) get white beside them instead, which costs no token and cuts fewer words.
 */
const minTileAcross = 192;
/**
 * A long picture is made smaller only down to this width: half a phone screenshot, where body text is still about 24
 * pixels high. Beyond that its end is left out, for a whole that nobody can read is worth less than a readable part.
 */
const minLegibleShortSide = 540;

/** How a picture of this (upright) size is sent. Pure. `maxImages` below 1 counts as 1. */
export function planSizes(width: number, height: number, maxImages: number): SizePlan {
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  return long <= 3 * short ? planWhole(width, height) : planTiles(width, height, Math.max(1, maxImages));
}

/** One image. Only a picture with a side under 32 is enlarged, and only until that side is 32. */
function planWhole(width: number, height: number): SizePlan {
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  const shrink = long <= 2 * short ? Math.min(1, maxLongSide / long) : Math.min(1, maxShortSide / short);
  const scale = Math.max(shrink, gridPixels / short);
  const size = { width: toGrid(width * scale), height: toGrid(height * scale) };
  return { ...size, tiles: [{ left: 0, top: 0, ...size }], reduced: scale < 1, endLeftOut: false };
}

/** Nearest multiple of 32, a tie to the even multiple: Python's `round`, so that Qwen's own resize changes nothing. */
function toGrid(pixels: number): number {
  const below = Math.floor(pixels / gridPixels);
  const rest = pixels / gridPixels - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  return Math.max(1, up ? below + 1 : below) * gridPixels;
}

const upToGrid = (pixels: number): number => Math.ceil(pixels / gridPixels) * gridPixels;

/**
 * A strip cut along its long side. The strip itself is not rounded to the grid but gets a white margin up to it: text
 * stays exactly as sharp as it was. A margin also makes room when tiles are few, since a wider tile may be longer.
 */
function planTiles(width: number, height: number, maxImages: number): SizePlan {
  const shrink = Math.min(1, maxShortSide / Math.min(width, height));
  const strip = {
    across: Math.max(1, Math.round(Math.min(width, height) * shrink)),
    along: Math.max(1, Math.round(Math.max(width, height) * shrink)),
  };
  const across = tileAcross(strip, maxImages);
  const room = tileRoom(across, maxImages);
  const squeeze = strip.along <= room ? 1 : legibleSqueeze(strip, room);
  const shown = {
    across: Math.max(1, Math.round(strip.across * squeeze)),
    along: Math.max(1, Math.floor(strip.along * squeeze)),
  };
  const cuts = cutStrip(shown.along, across, maxImages);
  const tall = height > width;
  const endLeftOut = shown.along > room;
  return {
    width: tall ? shown.across : shown.along,
    height: tall ? shown.along : shown.across,
    tiles: cuts.map(({ start, length }) =>
      tall
        ? { left: 0, top: start, width: across, height: length }
        : { left: start, top: 0, width: length, height: across },
    ),
    reduced: shrink * squeeze < 1 || endLeftOut,
    endLeftOut,
  };
}

type Strip = { readonly across: number; readonly along: number };

/** The narrowest tile with which the whole strip fits into the tiles allowed, or the widest there is. */
function tileAcross(strip: Strip, maxImages: number): number {
  const comfortable = Math.min(minTileAcross, upToGrid(strip.along / 2));
  let across = Math.max(upToGrid(strip.across), comfortable);
  while (across < maxTileAcross && tileRoom(across, maxImages) < strip.along) across += gridPixels;
  return across;
}

/**
 * Neighbours share a quarter of the tile's width: 272 pixels of 1088, about four lines of a phone's body text (48 pixels
 * at three pixels to the point, spaced 1.4). So any line that one border cuts stands whole in the next tile.
 */
const overlapOf = (across: number): number => across / 4;

/** How long a strip fits into that many tiles of at most 2:1. */
const tileRoom = (across: number, tiles: number): number =>
  tiles * 2 * across - (tiles - 1) * overlapOf(across);

const legibleSqueeze = (strip: Strip, room: number): number =>
  Math.max(room / strip.along, Math.min(1, minLegibleShortSide / strip.across));

/** Equal tiles spread evenly from end to end; full ones from the beginning when the strip is longer than they reach. */
function cutStrip(along: number, across: number, maxImages: number): { start: number; length: number }[] {
  const overlap = overlapOf(across);
  const longest = 2 * across;
  const needed = along <= longest ? 1 : Math.ceil((along - overlap) / (longest - overlap));
  const count = Math.min(needed, maxImages);
  const fits = needed <= maxImages;
  const length = fits ? upToGrid((along + (count - 1) * overlap) / count) : longest;
  return Array.from({ length: count }, (_, index) => {
    if (!fits) return { start: index * (longest - overlap), length };
    return { start: count === 1 ? 0 : Math.floor((index * (along - length)) / (count - 1)), length };
  });
}
