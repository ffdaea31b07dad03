import { el, svg } from './dom.js';

const [width, height, margin] = [520, 220, 34];

/** A line or bar chart of a card, drawn from its specification. */
export function chart(spec) {
  const sources = Array.isArray(spec?.data) ? spec.data : [spec?.data];
  const values = (sources[0]?.values ?? []).slice(0, 200);
  const points = values.map((entry) => ({
    label: String(entry[spec.xField] ?? ''),
    value: Number(entry[spec.yField]) || 0,
  }));
  const title = String(spec?.title?.text ?? '');
  const top = Math.max(...points.map(({ value }) => value), 1);
  const x = (index) => margin + (index * (width - 2 * margin)) / Math.max(1, points.length - 1);
  const y = (value) => height - margin - (value * (height - 2 * margin)) / top;
  const path = points
    .map(({ value }, index) => `${index === 0 ? 'M' : 'L'}${x(index)},${y(value)}`)
    .join(' ');
  const lines = [0, 0.5, 1].map((part) => [
    svg('line', {
      x1: margin,
      x2: width - margin,
      y1: y(top * part),
      y2: y(top * part),
      class: 'chart-grid',
    }),
    svg('text', { x: 4, y: y(top * part) + 4, class: 'chart-label' }, String(Math.round(top * part))),
  ]);
  const ends = [points[0], points.at(-1)].map((point, index) =>
    svg(
      'text',
      {
        x: index === 0 ? margin : width - margin,
        y: height - 10,
        class: 'chart-label',
        'text-anchor': index === 0 ? 'start' : 'end',
      },
      point?.label ?? '',
    ),
  );
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title },
    lines,
    spec?.type === 'bar'
      ? points.map(({ value }, index) =>
          svg('rect', {
            x: x(index) - 8,
            y: y(value),
            width: 16,
            height: height - margin - y(value),
            class: 'chart-bar',
          }),
        )
      : svg('path', { d: path, class: 'chart-line' }),
    ends,
  );
  return el('figure', { class: 'chart' }, el('figcaption', {}, title), drawing);
}
