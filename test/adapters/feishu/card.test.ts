import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../adapters/feishu/card-changes.ts';
import { buildCard, cardJson, settingsJson, type CardLevel } from '../../../adapters/feishu/card.ts';
import { renderFeishuMarkdown } from '../../../adapters/feishu/render.ts';
import type { FactBlock, Snapshot } from '../../../src/contract/reply.ts';
import { applyAction } from '../../simulators/feishu/card-changes.ts';
import { checkCard } from '../../simulators/feishu/card-rules.ts';
import type { JsonObject } from '../../simulators/feishu/json.ts';
import { documentedRules } from '../../simulators/feishu/rules.ts';
import { hazardous } from './render-payloads.ts';
import type { ShownCard } from './reply-stage.ts';

const surroundings = { rules: documentedRules, hasImage: () => false, hasPerson: () => false };
const card = (snapshot: Snapshot, level: CardLevel = 'full', live = true): ShownCard & JsonObject =>
  JSON.parse(cardJson(buildCard(snapshot, level, live), live)) as ShownCard & JsonObject;

/** A card with every leaf string in which words of people or models stand replaced by a mark. */
function structureOf(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => structureOf(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, structureOf(child, key)]));
  }
  return ['content', 'id', 'display_name', 'c0', 'c1', 'text', 'time'].includes(name) ? '…' : value;
}

const everything = (text: string): Snapshot => ({
  markdown: renderFeishuMarkdown(text, true) || 'x',
  progress: text,
  thinking: renderFeishuMarkdown(text, true) || 'x',
  thinkingTitle: text,
  notice: text,
  footer: text,
  preview: text,
  buttons: [{ id: text, kind: 'retry', label: text }],
  facts: [
    { type: 'table', title: text, columns: [text, text], rows: [[text, text]] },
    { type: 'series', title: text, unit: text, points: [{ label: text, value: 1 }] },
  ],
});

describe('a card', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      '","tag":"at","x":"',
      '\\',
      '"}]}',
      '</at>',
      '\u2028',
      '${x}',
      '{"schema":"1.0"}',
      '\uD800',
    ),
    hazardous,
  );

  it('has the same structure whatever the words in it', () => {
    const template = JSON.stringify(structureOf(card(everything('words'))));
    fc.assert(
      fc.property(texts, (text) => {
        expect(JSON.stringify(structureOf(card(everything(text))))).toBe(template);
      }),
      { numRuns: 10_000 },
    );
  });

  it('keeps every documented rule, at every level, live and ended', () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom<CardLevel>('full', 'plain', 'bare'),
        fc.boolean(),
        (text, level, live) => {
          // A fence inside a list is code for CommonMark but not for the simulator, which then sees tables in it.
          fc.pre(!/^[ \t>]*(?:[-*+]|\d+[.)]|[ \t>])[ \t>]*(?:```|~~~)/m.test(text));
          const report = checkCard(card(everything(text), level, live), surroundings);
          expect(report.mentions.size).toBe(0);
          for (const id of report.elements.keys()) expect(id).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,19}$/);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('holds no empty text, not even when there is nothing to show', () => {
    const empty = {
      markdown: '',
      preview: '',
      progress: '',
      notice: '',
      footer: '',
      buttons: [{ id: 'a', kind: 'stop', label: '' }],
    } as const;
    for (const snapshot of [empty, { markdown: '', preview: '' }]) {
      expect(JSON.stringify(card(snapshot))).not.toContain('"content":""');
      expect(card(snapshot).body.elements.length).toBeGreaterThan(0);
    }
  });

  it('streams with a cadence that keeps up, and says so in its settings', () => {
    const { config } = card({ markdown: 'x', preview: 'p' });
    expect(config).toMatchObject({ update_multi: true, streaming_mode: true, summary: { content: 'p' } });
    expect(
      config.streaming_config.print_frequency_ms.default / config.streaming_config.print_step.default,
    ).toBeLessThan(20);
    expect(JSON.parse(settingsJson(false, 's'))).toEqual({
      config: { streaming_mode: false, summary: { content: 's' } },
    });
    expect(card({ markdown: 'x', preview: 'p' }, 'full', false).config).toEqual({
      update_multi: true,
      streaming_mode: false,
      summary: { content: 'p' },
    });
  });
});

describe('the size of a card', () => {
  const bytes = (snapshot: Snapshot): number =>
    Buffer.byteLength(JSON.stringify(card(snapshot, 'full', false)));

  it('never passes 30,000 bytes while the answer itself fits: the reasoning gives way first, its end stays', () => {
    const thinking = Array.from({ length: 3000 }, (_, index) => `第 ${index} 步`).join('\n');
    for (const length of [10, 1000, 5000, 7900]) {
      const snapshot = { markdown: '答'.repeat(length), preview: '', thinking, footer: 'f' };
      expect(bytes(snapshot)).toBeLessThanOrEqual(30_000);
      const [first, second] = card(snapshot, 'full', false).body.elements;
      if (first?.tag === 'collapsible_panel') expect(first.elements[0]?.content).toMatch(/^…[^]*第 2999 步$/);
      expect((first?.tag === 'markdown' ? first : second)?.content).toBe('答'.repeat(length));
    }
    expect(
      card({ markdown: '答'.repeat(7900), preview: '', thinking }, 'full', false).body.elements,
    ).toHaveLength(2);
  });

  it('cuts facts after the reasoning is gone', () => {
    const rows = Array.from({ length: 500 }, (_, index) => [`${index}`, '值'.repeat(60)]);
    const facts: FactBlock[] = [{ type: 'table', columns: ['a', 'b'], rows }];
    const snapshot = { markdown: '答'.repeat(3000), preview: '', thinking: '想', facts };
    expect(bytes(snapshot)).toBeLessThanOrEqual(30_000);
    const table = card(snapshot, 'full', false).body.elements.find(({ tag }) => tag === 'table');
    expect(table?.rows.length).toBeGreaterThan(3);
    expect(table?.rows.at(-1)?.['c0']).toBe('…');
  });
});

describe('facts', () => {
  const table: FactBlock = {
    type: 'table',
    columns: Array.from({ length: 60 }, (_, index) => `c${index}`),
    rows: [['1']],
  };

  it('are native tables and charts, as many as a card may hold, the rest is code', () => {
    const markdown = '| a |\n|---|\n| 1 |\n\n';
    const facts = Array.from({ length: 8 }, () => table);
    const { elements } = card({ markdown: markdown + markdown, preview: '', facts }).body;
    const tables = elements.filter(({ tag }) => tag === 'table');
    expect(tables).toHaveLength(3);
    expect(tables[0]?.columns).toHaveLength(50);
    expect(tables[0]?.page_size).toBe(1);
    expect(() =>
      checkCard(card({ markdown: markdown + markdown, preview: '', facts }), surroundings),
    ).not.toThrow();
    expect(elements.filter(({ content }) => content?.startsWith('```')).length).toBe(5);
  });

  it('keep the last point of a long series', () => {
    const points = Array.from({ length: 1000 }, (_, value) => ({ label: `${value}`, value }));
    const chart = card({
      markdown: '',
      preview: '',
      facts: [{ type: 'series', title: 't', unit: 'ms', points }],
    }).body.elements[0];
    expect(chart?.chart_spec.data.values.length).toBeLessThanOrEqual(60);
    expect(chart?.chart_spec.data.values.at(-1)?.value).toBe(999);
  });
});

describe('changes between two snapshots', () => {
  const part = fc.constantFrom(undefined, 'a', 'b');
  const snapshots = fc
    .record({
      markdown: fc.constantFrom('', 'a', 'b'),
      thinking: part,
      notice: part,
      progress: part,
      footer: part,
    })
    .map(({ markdown, ...parts }): Snapshot => {
      const given = Object.entries(parts).filter(([, value]) => value !== undefined);
      return { markdown, preview: '', ...(Object.fromEntries(given) as Partial<Snapshot>) };
    });

  it('turn the one card into the other, and never leave it empty', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (before, after) => {
        const draft = card(before);
        for (const action of changesBetween(
          buildCard(before, 'full', true).elements,
          buildCard(after, 'full', true).elements,
        )) {
          applyAction(draft, action);
          expect(draft.body.elements.length).toBeGreaterThan(0);
        }
        expect(draft.body).toEqual(card(after).body);
      }),
      { numRuns: 2000 },
    );
  });

  it('leave a panel that may be open in place when only its text grows', () => {
    const of = (thinking: string): ReturnType<typeof buildCard>['elements'] =>
      buildCard({ markdown: '', thinking, thinkingTitle: 't', preview: '' }, 'full', true).elements;
    expect(changesBetween(of('a'), of('ab'))).toMatchObject([
      { action: 'update_element', params: { element_id: 'thinking_text' } },
    ]);
  });
});
