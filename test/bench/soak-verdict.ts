import type { Figure } from './measurement.ts';
import { heldBytes, type Kind } from './soak-snapshot.ts';
import { trendOf } from './statistics.ts';

/** One look at the process, while nobody is being answered and after garbage was collected. */
export type Sample = {
  readonly atSeconds: number;
  /** Messages said until then. */
  readonly messages: number;
  readonly heapBytes: number;
  /** What there is on the heap, by constructor; looked at seldom. */
  readonly held?: ReadonlyMap<string, Kind>;
  readonly externalBytes: number;
  readonly residentMebibytes: number;
  readonly descriptors: number;
  readonly sockets: number;
  readonly handles: number;
};

export type SoakOutcome = {
  /** Before the first message. */
  readonly baseline: Sample;
  /** At the end of the warm-up, looked at closely. */
  readonly warm: Sample;
  /** Under load, from then on. */
  readonly samples: readonly Sample[];
  /** After the rest at the end, looked at closely. */
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
export function verdict({ baseline, warm, samples, rested, open, refused, errors }: SoakOutcome): Figure[] {
  const heap = trendOf(samples.map(({ messages, heapBytes }) => ({ x: messages / 1000, y: heapBytes })));
  const above = (name: 'descriptors' | 'sockets' | 'handles'): Figure => ({
    name: `${name} at rest above those before the first message`,
    value: rested[name] - baseline[name],
    unit: '',
    target: spareHandles,
  });
  return [
    {
      name: 'growth of objects, strings and arrays per 1,000 messages, from the first to the last look',
      value: heldGrowth(warm, rested) / 1024,
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

/** In bytes per thousand messages. */
function heldGrowth(from: Sample, to: Sample): number {
  if (from.held === undefined || to.held === undefined) return Number.NaN;
  return ((heldBytes(to.held) - heldBytes(from.held)) * 1000) / (to.messages - from.messages);
}
