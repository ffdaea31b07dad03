import type { ImagePreparer } from '../../src/media/types.ts';

/**
 * Takes the first byte for the picture: `1` is a 64 × 64 picture, `2` a long one that becomes as many images as it may
 * and would have become more, anything else is corrupt.
 */
export const fakePreparer: ImagePreparer = {
  prepare: async (bytes, maxImages) => {
    const [kind] = bytes;
    if (kind !== 1 && kind !== 2) return { ok: false, code: 'corrupt' };
    const image = { mime: 'image/png', bytes, width: 64, height: 64 } as const;
    const images = Array.from({ length: kind === 1 ? 1 : maxImages }, () => image);
    return { ok: true, reduced: false, endLeftOut: kind === 2, images };
  },
  stop: async () => undefined,
};
