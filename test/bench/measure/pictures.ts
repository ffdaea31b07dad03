import sharp from 'sharp';
import { systemClock } from '../../../src/clock.ts';
import { createImagePreparer } from '../../../src/media/decoder-process.ts';
import { silentLog } from '../../fakes/log.ts';
import { noise } from '../../src/media/pictures.ts';
import type { Measurement } from '../measurement.ts';
import { median } from '../statistics.ts';

const rounds = 3;
const picturesPerRound = 6;
/** What the media rules make of a photo of twelve megapixels, 4,000 × 3,000. */
const prepared = { width: 1920, height: 1440 };

type Prepare = (bytes: Buffer) => Promise<void>;

/** One picture after the other, ours in its child process and by `sharp` alone in ours, in turns. */
export const measurePictures: Measurement = {
  name: 'pictures',
  what: 'how many photos a second are made ready for the model',
  async run() {
    const photo = await noise(2000, 1500).resize(4000, 3000).jpeg({ quality: 85 }).toBuffer();
    const preparer = createImagePreparer({ clock: systemClock, log: silentLog });
    const { signal } = new AbortController();
    const ours: Prepare = async (bytes) => {
      const outcome = await preparer.prepare(bytes, 1, signal);
      const [image] = outcome.ok ? outcome.images : [];
      if (image?.width !== prepared.width) throw new Error('the picture was not prepared');
    };
    try {
      await Promise.all([ours(photo), bare(photo)]);
      const [value, floor]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round += 1) {
        value.push(await perSecond(ours, photo));
        floor.push(await perSecond(bare, photo));
      }
      const name = `photos of 12 megapixels prepared, one at a time (median of ${rounds}; more is better; floor: sharp alone)`;
      return { figures: [{ name, value: median(value), unit: '1/s', floor: median(floor) }] };
    } finally {
      await preparer.stop();
    }
  },
};

async function perSecond(prepare: Prepare, photo: Buffer): Promise<number> {
  const startedAt = performance.now();
  for (let count = 0; count < picturesPerRound; count += 1) await prepare(photo);
  return (picturesPerRound * 1000) / (performance.now() - startedAt);
}

async function bare(bytes: Buffer): Promise<void> {
  sharp.concurrency(1); // as ours
  await sharp(bytes, { sequentialRead: true })
    .resize({ ...prepared, fit: 'fill', kernel: 'lanczos3' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
