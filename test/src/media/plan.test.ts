import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSizes, type SizePlan } from '../../../src/media/plan.ts';

const whole = ({ width, height, tiles, reduced }: SizePlan) => {
  expect(tiles).toEqual([{ left: 0, top: 0, width, height }]);
  return { width, height, reduced };
};

describe('a picture of up to 2:1', () => {
  it.each([
    [4032, 3024, 1920, 1440, true],
    [3024, 4032, 1440, 1920, true],
    [8000, 6000, 1920, 1440, true],
    [1920, 1080, 1920, 1088, false],
    [1920, 960, 1920, 960, false],
    [640, 480, 640, 480, false],
    [1921, 1921, 1920, 1920, true],
  ])('%i×%i becomes %i×%i', (width, height, toWidth, toHeight, reduced) => {
    expect(whole(planSizes(width, height, 8))).toEqual({ width: toWidth, height: toHeight, reduced });
  });

  it('is rounded to the nearest multiple of 32, a tie to the even one, as Qwen itself does', () => {
    expect(whole(planSizes(111, 113, 8))).toMatchObject({ width: 96, height: 128 });
    expect(whole(planSizes(112, 144, 8))).toMatchObject({ width: 128, height: 128 }); // 3.5 → 4, 4.5 → 4
  });

  it('is enlarged only when a side is under 32, and only until it is 32', () => {
    expect(whole(planSizes(1, 1, 8))).toEqual({ width: 32, height: 32, reduced: false });
    expect(whole(planSizes(16, 32, 8))).toEqual({ width: 32, height: 64, reduced: false });
    expect(whole(planSizes(33, 33, 8))).toEqual({ width: 32, height: 32, reduced: false });
  });
});

describe('a picture of up to 3:1', () => {
  it.each([
    [1080, 2400, 1088, 2400, false], // the phone screenshot: text stays as sharp as it was
    [1440, 3200, 1088, 2400, true],
    [1080, 3240, 1088, 3232, false],
    [3240, 1080, 3232, 1088, false],
    [2161, 1080, 2176, 1088, false],
    [11, 33, 32, 96, false],
  ])('%i×%i becomes %i×%i', (width, height, toWidth, toHeight, reduced) => {
    expect(whole(planSizes(width, height, 8))).toEqual({ width: toWidth, height: toHeight, reduced });
  });
});

describe('a longer picture', () => {
  it('is cut into tiles that keep its pixels as they are', () => {
    const plan = planSizes(1080, 12_000, 8);
    expect(plan).toMatchObject({ width: 1080, height: 12_000, reduced: false });
    expect(plan.tiles).toHaveLength(7);
    expect(plan.tiles.at(0)).toEqual({ left: 0, top: 0, width: 1088, height: 1952 });
    expect(plan.tiles.at(-1)).toEqual({ left: 0, top: 10_048, width: 1088, height: 1952 });
  });

  it('is cut from left to right when it is wide', () => {
    const plan = planSizes(12_000, 1080, 8);
    expect(plan.tiles).toHaveLength(7);
    expect(plan.tiles.at(-1)).toEqual({ left: 10_048, top: 0, width: 1952, height: 1088 });
  });

  it('is made smaller as a whole when it needs more tiles than there are', () => {
    const plan = planSizes(1080, 20_000, 8);
    expect(plan.reduced).toBe(true);
    expect(plan.tiles).toHaveLength(8);
    expect(plan.width).toBeGreaterThanOrEqual(540);
    expect(end(plan)).toBeGreaterThanOrEqual(plan.height);
  });

  it('keeps its size and gets wider margins instead when it is narrow', () => {
    const plan = planSizes(600, 12_000, 8);
    expect(plan).toMatchObject({ width: 600, height: 12_000, reduced: false });
    expect(plan.tiles).toHaveLength(8);
  });

  it('loses its end rather than becoming illegible', () => {
    const plan = planSizes(1080, 100_000, 8);
    expect(plan.width).toBe(540);
    expect(plan).toMatchObject({ reduced: true, endLeftOut: true });
    expect(end(plan)).toBeLessThan(plan.height);
  });

  it('still gives one tile when only one image is allowed', () => {
    expect(planSizes(1080, 12_000, 1).tiles).toHaveLength(1);
    expect(planSizes(1080, 12_000, 0).tiles).toHaveLength(1);
  });

  it('keeps a short line of text in one piece', () => {
    expect(planSizes(360, 30, 8)).toMatchObject({
      width: 360,
      height: 30,
      tiles: [{ left: 0, top: 0, width: 384, height: 192 }],
      reduced: false,
    });
  });
});

const end = ({ width, height, tiles }: SizePlan): number =>
  Math.max(...tiles.map((tile) => (height > width ? tile.top + tile.height : tile.left + tile.width)));

const sides = fc.integer({ min: 1, max: 30_000 });
const images = fc.integer({ min: 1, max: 8 });

describe('whatever the size', () => {
  const always = (claim: (plan: SizePlan, width: number, height: number, maxImages: number) => void) =>
    fc.assert(
      fc.property(sides, sides, images, (width, height, maxImages) => {
        claim(planSizes(width, height, maxImages), width, height, maxImages);
      }),
      { numRuns: 3000 },
    );

  it('every side sent is a multiple of 32, and no image is larger than its cap', () =>
    always(({ tiles }) => {
      for (const { width, height } of tiles) {
        expect([width % 32, height % 32]).toEqual([0, 0]);
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(32);
        expect(Math.max(width, height) / Math.min(width, height)).toBeLessThanOrEqual(3);
        expect(width * height).toBeLessThanOrEqual(1920 * 1920);
        expect(Math.min(width, height)).toBeLessThanOrEqual(Math.max(width, height) <= 1920 ? 1920 : 1088);
      }
    }));

  it('no tile of a longer picture is longer than 2:1', () =>
    always(({ tiles }, width, height) => {
      if (Math.max(width, height) <= 3 * Math.min(width, height)) return;
      for (const tile of tiles) {
        expect(Math.max(tile.width, tile.height)).toBeLessThanOrEqual(2 * Math.min(tile.width, tile.height));
      }
    }));

  it('every row is in some tile, in reading order, with the overlap between neighbours', () =>
    always((plan, width, height, maxImages) => {
      const tall = plan.height > plan.width;
      const along = tall ? plan.height : plan.width;
      const cuts = plan.tiles.map((tile) =>
        tall
          ? { start: tile.top, length: tile.height, across: tile.width }
          : { start: tile.left, length: tile.width, across: tile.height },
      );
      expect(cuts.length).toBeLessThanOrEqual(maxImages);
      expect(cuts[0]?.start).toBe(0);
      cuts.slice(1).forEach((cut, index) => {
        const before = cuts[index]!;
        expect(cut.start).toBeGreaterThan(before.start);
        expect(before.start + before.length - cut.start).toBeGreaterThanOrEqual(cut.across / 4);
      });
      expect(end(plan) < along).toBe(plan.endLeftOut);
      // With all eight images, only a picture that stays too long even at the least legible width loses its end.
      const short = Math.min(width, height);
      const longestLegible = (Math.max(width, height) * Math.min(short, 540)) / short;
      if (maxImages === 8 && longestLegible <= 1088 * 14.25) expect(end(plan)).toBeGreaterThanOrEqual(along);
    }));

  it('keeps its shape but for the rounding, and is never enlarged from 32 up', () =>
    always((plan, width, height) => {
      const scales = [plan.width / width, plan.height / height];
      const slack = [17 / plan.width, 17 / plan.height];
      if (Math.min(width, height) >= 32) {
        expect(plan.width).toBeLessThanOrEqual(width + 16);
        expect(plan.height).toBeLessThanOrEqual(height + 16);
      }
      expect(Math.abs(scales[0]! / scales[1]! - 1)).toBeLessThan(
        1.1 * (slack[0]! + slack[1]! + slack[0]! * slack[1]!) + 0.01,
      );
    }));

  it('says that detail was lost exactly when pixels were', () =>
    always((plan, width, height) => {
      const smaller = plan.width < width - 16 || plan.height < height - 16;
      const cut = end(plan) < (plan.height > plan.width ? plan.height : plan.width);
      if (smaller || cut) expect(plan.reduced).toBe(true);
      if (plan.width >= width && plan.height >= height && !cut) expect(plan.reduced).toBe(false);
    }));
});
