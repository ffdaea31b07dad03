import type { Curve } from './measurement.ts';
import { createScale, type Scale } from './chart-scale.ts';

const width = 640;
const height = 340;
const plot = { left: 64, right: width - 92, top: 52, bottom: height - 46 } as const;

// The picture brings its own ground, so that it is readable wherever it is put; browsers choose by the reader's setting.
const style = `
    .ground { fill: #ffffff } .grid { stroke: #d8dee4 } .axis { stroke: #656d76 } .words { fill: #424a53 }
    .ours { stroke: #0969da; fill: #0969da } .floor { stroke: #9a6700; fill: #9a6700 }
    .line { fill: none; stroke-width: 2.5; stroke-linejoin: round } .dashed { stroke-dasharray: 6 5 }
    text { font: 12px system-ui, sans-serif } text.ours, text.floor { stroke: none } .title { font-size: 15px; font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 } .grid { stroke: #30363d } .axis { stroke: #8b949e } .words { fill: #c9d1d9 }
      .ours { stroke: #58a6ff; fill: #58a6ff } .floor { stroke: #d29922; fill: #d29922 }
    }`;

type Point = { readonly x: number; readonly y: number };

/**
 * One curve as an SVG: ours as a line with its values, and the floor (where there is one) dashed beside it. Replies at once
 * are on a logarithmic axis; the figure too where it spans more than a factor of twenty.
 */
export function toChart({ name, unit, points, floorName = 'floor' }: Curve): string {
  const floors = points.flatMap(({ replies, floor }) =>
    floor === undefined ? [] : [{ replies, value: floor }],
  );
  const across = createScale(
    points.map(({ replies }) => replies),
    { from: plot.left, to: plot.right, kind: 'logarithmic' },
  );
  const values = [...points, ...floors].map(({ value }) => value);
  const up = createScale(values, { from: plot.bottom, to: plot.top, kind: kindFor(values) });
  const place = ({ replies, value }: { replies: number; value: number }): Point => ({
    x: across.place(replies),
    y: up.place(value),
  });
  const parts = [
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>`,
    text({ x: 16, y: 26 }, `${name} (${unit})`, 'words title'),
    ...grid(across, up),
    text(
      { x: (plot.left + plot.right) / 2, y: height - 12 },
      'replies at once (logarithmic)',
      'words',
      'middle',
    ),
    ...(floors.length === 0 ? [] : series(floors.map(place), floorName, 'floor', 'dashed')),
    ...series(points.map(place), 'this service', 'ours', ''),
    ...points.map((point, index) => valueLabel(place(point), point.value, sideOf(index, points.length))),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(name)}">\n  <style>${style}\n  </style>\n  ${parts.join('\n  ')}\n</svg>\n`;
}

const logarithmicFromFactor = 20;

function kindFor(values: readonly number[]): 'linear' | 'logarithmic' {
  const smallest = Math.min(...values);
  return smallest > 0 && Math.max(...values) / smallest > logarithmicFromFactor ? 'logarithmic' : 'linear';
}

function grid(across: Scale, up: Scale): string[] {
  return [
    ...up.ticks.flatMap((tick) => {
      const y = up.place(tick);
      return [
        line('grid', { x: plot.left, y }, { x: plot.right, y }),
        text({ x: plot.left - 8, y: y + 4 }, toTick(tick), 'words', 'end'),
      ];
    }),
    ...across.ticks.flatMap((tick) => {
      const x = across.place(tick);
      return [
        line('grid', { x, y: plot.top }, { x, y: plot.bottom }),
        text({ x, y: plot.bottom + 18 }, toTick(tick), 'words', 'middle'),
      ];
    }),
    line('axis', { x: plot.left, y: plot.bottom }, { x: plot.right, y: plot.bottom }),
  ];
}

/** The line's name stands at its end, in its colour, where no legend must be looked up. */
function series(points: readonly Point[], name: string, kind: 'ours' | 'floor', dashed: string): string[] {
  const path = points.map(({ x, y }) => `${rounded(x)},${rounded(y)}`).join(' ');
  const last = points.at(-1) ?? { x: plot.left, y: plot.bottom };
  const below = kind === 'floor' ? 14 : -2;
  return [
    `<polyline class="${kind} line ${dashed}" points="${path}"/>`,
    ...points.map(({ x, y }) => `<circle class="${kind}" cx="${rounded(x)}" cy="${rounded(y)}" r="3"/>`),
    text({ x: last.x + 8, y: last.y + below }, name, kind),
  ];
}

function valueLabel({ x, y }: Point, value: number, side: 'start' | 'middle' | 'end'): string {
  return text({ x: side === 'start' ? x + 5 : x, y: y - 9 }, toTick(value), 'words', side);
}

/** The first one keeps clear of the axis, the last one of the line's name. */
function sideOf(index: number, count: number): 'start' | 'middle' | 'end' {
  if (index === 0) return 'start';
  return index === count - 1 ? 'end' : 'middle';
}

/** Three digits at most. */
function toTick(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

function line(kind: string, from: Point, to: Point): string {
  return `<line class="${kind}" x1="${rounded(from.x)}" y1="${rounded(from.y)}" x2="${rounded(to.x)}" y2="${rounded(to.y)}"/>`;
}

function text({ x, y }: Point, words: string, kind: string, anchor = 'start'): string {
  return `<text class="${kind}" x="${rounded(x)}" y="${rounded(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

const rounded = (value: number): string => String(Math.round(value * 10) / 10);

const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
