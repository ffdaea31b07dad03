import type { Figure } from './measurement.ts';
import { heldBytes, type Kind } from './soak-snapshot.ts';
import { trendOf, type Trend } from './statistics.ts';

/** One look at the process, while nobody is being answered and after garbage was collected. */
export type Sample = {
  readonly atSeconds: number;
  /** Messages said until then. */
  readonly messages: number;
  readonly heapBytes: number;
  /** What there is on the heap, by constructor. */
  readonly held: ReadonlyMap<string, Kind>;
  readonly externalBytes: number;
  readonly rssBytes: number;
  readonly descriptors: number;
  readonly sockets: number;
  readonly handles: number;
};

export type SoakOutcome = {
  /** Before the first message. */
  readonly baseline: Sample;
  /** Under load, from the end of the warm-up on. */
  readonly samples: readonly Sample[];
  /** After the rest at the end. */
  readonly rested: Sample;
  readonly open: number;
  readonly refused: number;
  readonly errors: number;
};

/** A socket may be kept for the next call, a file for the next write. */
const spareHandles = 4;

/** Bytes that stay of a thousand messages, at most, with a certainty of 97.5 %. */
const heapBytesPerThousand = 64 * 1024;

/** Everything must hold. */
export function verdict({ baseline, samples, rested, open, refused, errors }: SoakOutcome): Figure[] {
  const growth = (bytesOf: (sample: Sample) => number): Trend =>
    trendOf(samples.map((sample) => ({ x: sample.messages / 1000, y: bytesOf(sample) })));
  const held = growth((sample) => heldBytes(sample.held));
  const heap = growth(({ heapBytes }) => heapBytes);
  const above = (name: 'descriptors' | 'sockets' | 'handles'): Figure => ({
    name: `${name} at rest above those before the first message`,
    value: rested[name] - baseline[name],
    unit: '',
    target: spareHandles,
  });
  return [
    {
      name: 'growth of objects, strings and arrays on the heap per 1,000 messages',
      value: held.slope / 1024,
      unit: 'KB',
    },
    {
      name: 'growth of objects, strings and arrays, upper end of the 95 % interval',
      value: held.upperSlope / 1024,
      unit: 'KB',
      target: heapBytesPerThousand / 1024,
    },
    {
      name: 'growth of the whole heap per 1,000 messages, compiled code and its feedback included',
      value: heap.slope / 1024,
      unit: 'KB',
    },
    {
      name: 'growth of the whole heap, upper end of the 95 % interval',
      value: heap.upperSlope / 1024,
      unit: 'KB',
      target: heapBytesPerThousand / 1024,
    },
    above('descriptors'),
    above('sockets'),
    above('handles'),
    { name: 'replies left unfinished', value: open, unit: '', target: 0 },
    { name: 'refused calls', value: refused, unit: '', target: 0 },
    { name: 'errors in the log', value: errors, unit: '', target: 0 },
  ];
}
