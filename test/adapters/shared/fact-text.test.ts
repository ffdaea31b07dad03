import { expect, it } from 'vitest';
import { barsOf } from '../../../adapters/shared/fact-text.ts';
import { factMarkdown } from '../../../adapters/dingtalk/facts.ts';

const series = (...values: readonly number[]) =>
  ({
    type: 'series',
    title: '提问',
    unit: '个',
    points: values.map((value, index) => ({ label: `08:0${index}`, value })),
  }) as const;

it('draws a series as bars from zero up, with the last value and the range', () => {
  expect(barsOf(series(0, 7, 3), 30)).toBe('▁█▄ 3 个 (0–7)');
});

it('draws equal values by their height, and none as nothing', () => {
  expect(barsOf(series(4, 4), 30)).toBe('██ 4 个 (4–4)');
  expect(barsOf(series(0, 0), 30)).toBe('▁▁ 0 个 (0–0)');
  expect(barsOf(series(), 30)).toBe('…');
});

it('on DingTalk a series is one line, and a table of two columns has its heading once', () => {
  expect(factMarkdown(series(0, 7))).toBe('**提问** ▁█ 7 个 (0–7)');
  const rows = [
    ['状态', '✓ 正常'],
    ['重连', '0 次'],
  ];
  expect(factMarkdown({ type: 'table', columns: ['平台', 'feishu'], rows })).toBe(
    '**平台** · feishu\n\n- **状态** · ✓ 正常\n- **重连** · 0 次',
  );
});
