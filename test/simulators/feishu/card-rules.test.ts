import { describe, expect, it } from 'vitest';
import { CardProblem } from './card-problem.ts';
import { checkCard } from './card-rules.ts';
import type { JsonObject } from './json.ts';
import { scanMarkdown } from './markdown-scan.ts';
import { documentedRules, type FeishuRules } from './rules.ts';
import { button, cardWith, markdown } from './test-support.ts';

const table = '| a | b |\n|---|---|\n| 1 | 2 |\n';

function verdict(card: JsonObject, rules: Partial<FeishuRules> = {}): number | string {
  const surroundings = {
    rules: { ...documentedRules, ...rules },
    hasImage: (key: string) => key === 'img_ok',
    hasPerson: (id: string) => id === 'ou_ok',
  };
  try {
    checkCard(card, surroundings);
    return 'accepted';
  } catch (error) {
    if (error instanceof CardProblem) return error.code;
    throw error;
  }
}

const chart = (spec: unknown): JsonObject => ({ tag: 'chart', element_id: 'chart', chart_spec: spec });
const tableComponent = (more: JsonObject = {}): JsonObject => ({
  tag: 'table',
  page_size: 5,
  columns: [{ name: 'a', data_type: 'text' }],
  rows: [{ a: 'x' }],
  ...more,
});

describe('a 2.0 card', () => {
  it('is accepted with everything the documents show', () => {
    const panel = {
      tag: 'collapsible_panel',
      element_id: 'thinking',
      expanded: false,
      header: { title: { tag: 'plain_text', content: '思考' }, padding: '4px 0px 4px 8px' },
      elements: [markdown('because', 'md_t')],
    };
    const columns = {
      tag: 'column_set',
      columns: [{ tag: 'column', width: 'auto', elements: [button('好', 'good', { a: 1 })] }],
    };
    const line = chart({
      type: 'line',
      data: { values: [{ time: '1', value: 2 }] },
      xField: 'time',
      yField: 'value',
    });
    const elements = [
      markdown('# hi'),
      panel,
      columns,
      line,
      tableComponent(),
      { tag: 'hr' },
      { tag: 'img', img_key: 'img_ok' },
    ];
    const header = { title: { tag: 'plain_text', content: 'Qwen' }, template: 'blue' };
    expect(verdict({ ...cardWith(elements, { streaming_mode: true, wide_screen_mode: true }), header })).toBe(
      'accepted',
    );
  });

  it.each<[string, JsonObject, number]>([
    ['of schema 1.0', { elements: [] }, 300303],
    ['for one person only', cardWith([], { update_multi: false }), 300302],
    ['with an unknown property', { ...cardWith(), colour: 'red' }, 200621],
    ['with an unknown property in an element', cardWith([{ ...markdown('x'), weight: 1 }]), 200621],
    ['with an unknown tag', cardWith([{ tag: 'marquee' }]), 200621],
    ['with a tag 2.0 withdrew', cardWith([{ tag: 'note', elements: [] }]), 200861],
    ['with the same element id twice', cardWith([markdown('a'), markdown('b')]), 300301],
    ['with an element id that starts with a digit', cardWith([markdown('a', '1a')]), 200220],
    ['with an element id of 21 characters', cardWith([markdown('a', 'a'.repeat(21))]), 200220],
    ['with 201 elements', cardWith(Array.from({ length: 201 }, () => ({ tag: 'hr' }))), 300305],
    ['above 30 KB', cardWith([markdown('汉'.repeat(10_300))]), 200860],
    ['with an image by address', cardWith([markdown('![x](https://x.example/a.png)')]), 200570],
    ['with an image nobody uploaded', cardWith([{ tag: 'img', img_key: 'img_no' }]), 200570],
    ['with a person who does not exist', cardWith([markdown('<at id=ou_no></at>')]), 100290],
    ['with a chart without data', cardWith([chart({ type: 'line' })]), 200550],
    ['with a chart of no known type', cardWith([chart({ type: 'magic', data: { values: [] } })]), 200550],
    ['with five tables in one text', cardWith([markdown(`${table}\n`.repeat(5))]), 11310],
    [
      'with six tables over all',
      cardWith([markdown(`${table}\n`.repeat(4)), tableComponent(), tableComponent()]),
      11310,
    ],
    [
      'with a table inside a column',
      cardWith([{ tag: 'column_set', columns: [{ tag: 'column', elements: [tableComponent()] }] }]),
      200914,
    ],
    ['with a table whose rows are no list', cardWith([tableComponent({ rows: {} })]), 200915],
  ])('%s is refused', (_, card, code) => {
    expect(verdict(card)).toBe(code);
  });

  it('may hold as many tables as the switch says, and unknown properties where they are ignored', () => {
    const three = cardWith([markdown(`${table}\n`.repeat(3))]);
    expect(verdict(three, { tablesPerCard: 3 })).toBe('accepted');
    expect(verdict(three, { tablesPerCard: 2 })).toBe(11310);
    expect(verdict({ ...cardWith(), colour: 'red' }, { unknownProperties: 'ignore' })).toBe('accepted');
  });

  it('counts the texts inside elements among its elements', () => {
    const buttons = Array.from({ length: 100 }, (_, index) => button('x', `b${index}`, {}));
    expect(verdict(cardWith(buttons))).toBe('accepted');
    expect(verdict(cardWith([...buttons, { tag: 'hr' }]))).toBe(300305);
  });
});

describe('what counts in a Markdown text', () => {
  it('are tables outside code, however they are written', () => {
    expect(scanMarkdown(`${table}\n\na | b\n- | -\n1 | 2\n`).tables).toBe(2);
    expect(scanMarkdown(`\`\`\`md\n${table}\`\`\`\n~~~\n${table}`).tables).toBe(0);
    expect(scanMarkdown('a heading\n---\nx | y').tables).toBe(0);
  });

  it('are images and mentions outside code, in every spelling of the attribute', () => {
    const scan = scanMarkdown(
      `![a](k1) \`![b](k2)\` <at id=ou_1></at> <at ids="ou_2,ou_3"></at> <person id='ou_4'></person> \`\`<at id=ou_5>\`\``,
    );
    expect(scan.images).toEqual(['k1']);
    expect(scan.mentions).toEqual(['ou_1', 'ou_2', 'ou_3', 'ou_4']);
  });

  it('is a mention, too, after a backtick that never closes', () => {
    expect(scanMarkdown('it`s <at id=all></at>').mentions).toEqual(['all']);
  });
});
