import { describe, expect, it } from 'vitest';
import { createScale } from './chart-scale.ts';
import { toChart } from './chart.ts';
import { toReadme } from './publish.ts';
import { holds, toTable } from './table.ts';

const lag = {
  name: 'Lag <p95>',
  unit: 'ms',
  floorName: 'ideal',
  points: [
    { replies: 1, value: 90, floor: 80 },
    { replies: 1000, value: 60_000, floor: 58_000 },
  ],
};

/** The corners of a line of the chart, in pixels. */
function corners(svg: string, kind: string): number[][] {
  const [, path = ''] = new RegExp(`<polyline class="${kind} [^"]*" points="([^"]*)"`).exec(svg) ?? [];
  return path.split(' ').map((pair) => pair.split(',').map(Number));
}

describe('scale', () => {
  it('marks round numbers from nought to beyond the highest value', () => {
    const { ticks, place } = createScale([12, 437], { from: 0, to: 500, kind: 'linear' });
    expect(ticks).toEqual([0, 100, 200, 300, 400, 500]);
    expect(place(437)).toBe(437);
  });

  it('gives each power of ten the same room on a logarithmic axis', () => {
    const { ticks, place } = createScale([1, 8, 1000], { from: 100, to: 400, kind: 'logarithmic' });
    expect(ticks).toEqual([1, 10, 100, 1000]);
    expect(ticks.map((tick) => place(tick))).toEqual([100, 200, 300, 400].map((at) => expect.closeTo(at)));
  });

  it('has an end also where every value is nought', () => {
    const { ticks, place } = createScale([0, 0], { from: 300, to: 0, kind: 'linear' });
    expect(ticks.length).toBeGreaterThan(0);
    expect(Number.isFinite(place(0))).toBe(true);
  });
});

describe('chart', () => {
  const svg = toChart(lag);

  it('draws the worse value higher, ours above the ideal, and both inside of the picture', () => {
    const [[, firstY = 0] = [], [lastX = 0, lastY = 0] = []] = corners(svg, 'ours');
    const [[, idealY = 0] = []] = corners(svg, 'floor');
    expect(lastY).toBeLessThan(firstY);
    expect(firstY).toBeLessThan(idealY);
    expect(lastX).toBeLessThanOrEqual(640);
    expect(lastY).toBeGreaterThan(0);
  });

  it('says what is drawn, in which unit, over what', () => {
    expect(svg).toContain('>Lag &lt;p95&gt; (ms)<');
    expect(svg).toContain('>replies at once (logarithmic)<');
    expect(svg).toContain('>ideal<');
    expect(svg).toContain('>60,000<');
  });

  it('has colours for a dark page', () => expect(svg).toContain('prefers-color-scheme: dark'));

  it('leaves out the second line where nothing is there to compare with', () => {
    const alone = toChart({ name: 'Memory', unit: 'MB', points: [{ replies: 1, value: 150 }] });
    expect(alone).not.toContain('class="floor line');
  });
});

describe('table', () => {
  it('shows value, floor and whether the target holds', () => {
    const table = toTable([
      { name: 'CPU', value: 0.1234, unit: 's', floor: 0.08, target: 0.16 },
      { name: 'lag', value: 12_345.6, unit: 'ms', target: 50 },
    ]);
    expect(table).toContain('| CPU | 0.12 s | 0.080 s | ≤ 0.16 ✓ |');
    expect(table).toContain('| lag | 12,346 ms |  | ≤ 50 ✗ |');
  });

  it('does not take a figure that could not be measured for one that holds', () => {
    expect(holds({ name: 'lag', value: Number.NaN, unit: 'ms', target: 50 })).toBe(false);
  });
});

it('puts machine, day, charts, figures and notes into the README', () => {
  const block = toReadme({
    machine: '2 cores',
    measuredAt: new Date('2026-11-20T12:00:00Z'),
    tookSeconds: 1,
    figures: [{ name: 'CPU', value: 1, unit: 's' }],
    curves: [lag],
    notes: ['The simulator was busy.'],
  });
  expect(block).toContain('on 2 cores');
  expect(block).toContain('2026-11-20');
  expect(block).toContain('![Lag <p95>](docs/bench/lag-p95.svg)');
  expect(block).toContain('| CPU | 1 s |');
  expect(block).toContain('- The simulator was busy.');
});
