/** Where a value stands on an axis, in pixels, and which values are marked there. */
export type Scale = {
  place(value: number): number;
  readonly ticks: readonly number[];
};

export type Axis = {
  readonly from: number;
  readonly to: number;
  readonly kind: 'linear' | 'logarithmic';
};

const wantedTicks = 5;

/** Reaches over all values: a linear axis from nought to a round number, a logarithmic one from power of ten to power of ten. */
export function createScale(values: readonly number[], { from, to, kind }: Axis): Scale {
  const highest = Math.max(...values, 0);
  if (kind === 'linear') {
    const step = roundStep(highest / wantedTicks);
    const steps = Math.max(1, Math.ceil(highest / step));
    const ticks = Array.from({ length: steps + 1 }, (_, index) => clean(index * step));
    const end = ticks.at(-1) ?? step;
    return { ticks, place: (value) => from + ((to - from) * value) / end };
  }
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(highest)));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => clean(10 ** (first + index)));
  return { ticks, place: (value) => from + ((to - from) * (Math.log10(value) - first)) / (last - first) };
}

/** 1, 2 or 5 times a power of ten, the first that is not below `least`. */
function roundStep(least: number): number {
  if (least <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return clean(([1, 2, 5].find((factor) => factor * power >= least * 0.999) ?? 10) * power);
}

/** Without the last digits of binary fractions. */
const clean = (value: number): number => Number(value.toPrecision(6));
