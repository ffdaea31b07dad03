import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCutter, findCut, openFenceAt, type CutLimits } from '../../../src/reply/cut.ts';

const LIMITS: CutLimits = { softBytes: 1400, hardBytes: 2000, measure: 'utf8' };

/** The cuts of the whole text, each found by the pure function from the one before. */
function allCuts(text: string, limits: CutLimits): number[] {
  const cuts: number[] = [];
  for (;;) {
    const cut = findCut(text, { ...limits, complete: true }, cuts.at(-1) ?? 0);
    if (cut === undefined) return cuts;
    cuts.push(cut);
  }
}

function partsOf(text: string, cuts: readonly number[]): string[] {
  return [0, ...cuts].map((start, index) => text.slice(start, cuts[index]));
}

function bytesOf(text: string, measure: CutLimits['measure']): number {
  return measure === 'json' ? Buffer.byteLength(JSON.stringify(text)) - 2 : Buffer.byteLength(text);
}

const paragraph = (bytes: number): string => `${'word '.repeat(Math.ceil(bytes / 5)).slice(0, bytes - 1)}\n`;
const firstCut = (text: string): number | undefined => findCut(text, { ...LIMITS, complete: true });

describe('where a reply ends', () => {
  it('lets a text that fits be', () => {
    expect(firstCut(paragraph(1900))).toBeUndefined();
    expect(firstCut('')).toBeUndefined();
  });

  it('prefers a blank line once seventy per cent are used', () => {
    const head = `${paragraph(700)}\n${paragraph(800)}\n`;
    expect(firstCut(`${head}${paragraph(100)}\n${paragraph(900)}`)).toBe(head.length);
  });

  it('leaves blank lines with the text before them', () => {
    const head = `${paragraph(1410)}\n\n\n`;
    expect(firstCut(`${head}next${paragraph(900)}`)).toBe(head.length);
  });

  it('does not tear the continuation of a list item off at a blank line', () => {
    const head = `${paragraph(1410)}\n`;
    expect(firstCut(`${head}   still the item\n\n${paragraph(900)}`)).toBe(
      `${head}   still the item\n\n`.length,
    );
  });

  it('takes the end of any line when no blank line comes', () => {
    const text = paragraph(90).repeat(40);
    expect(firstCut(text)).toBe(1710);
  });

  it('does not end inside a table while there is room', () => {
    const table = `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(10)}`;
    const head = paragraph(1650);
    expect(firstCut(`${head}${table}After it.\n${paragraph(300)}`)).toBe(`${head}${table}After it.\n`.length);
  });

  it('ends inside a table that is too long, but at the end of a row', () => {
    const text = `${paragraph(1800)}| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(100)}`;
    const cut = firstCut(text)!;
    expect(cut).toBeGreaterThanOrEqual(1900);
    expect(cut).toBeLessThanOrEqual(1910);
    expect(text[cut - 1]).toBe('\n');
  });

  it('does not end inside a code fence while there is room', () => {
    const fence = `\`\`\`ts\nlet a;\n\nlet b;\n${'let c;\n'.repeat(5)}\`\`\`\n`;
    const head = paragraph(1710 - fence.length);
    expect(firstCut(`${head}${fence}${paragraph(50)}${paragraph(400)}`)).toBe(`${head}${fence}`.length);
  });

  it('ends a fence that is too long at a line, and tells how to open it again', () => {
    const text = `Look:\n\n  \`\`\`python title="x"\n${'  print(1)\n\n'.repeat(200)}  \`\`\`\n`;
    const cut = firstCut(text)!;
    expect(text[cut - 1]).toBe('\n');
    expect(cut).toBeGreaterThanOrEqual(1900);
    expect(openFenceAt(text, cut)).toBe('  ```python title="x"');
  });

  it('does not open a fence again only to close it', () => {
    const head = `\`\`\`\n${'x'.repeat(1910)}\n`;
    const text = `${head}\`\`\`\n${paragraph(500)}`;
    expect(firstCut(text)).toBe(head.length + 4);
  });

  it('ends an endless line just below the limit, between two characters as people see them', () => {
    const family = '👨‍👩‍👧‍👦';
    const text = family.repeat(100);
    const cut = firstCut(text)!;
    expect(cut % family.length).toBe(0);
    expect(bytesOf(text.slice(0, cut), 'utf8')).toBeGreaterThan(1930);
  });

  it('keeps such characters whole also when they arrive in pieces', () => {
    const family = '👨‍👩‍👧‍👦';
    const cutter = createCutter(LIMITS);
    const cuts = Array.from(
      { length: 300 * family.length },
      (_, unit) => family[unit % family.length] ?? '',
    ).flatMap((unit) => cutter.push(unit));
    expect(cuts.length).toBeGreaterThan(2);
    expect(cuts.filter((cut) => cut % family.length !== 0)).toEqual([]);
  });

  it('keeps accents and flags whole', () => {
    expect(firstCut('e\u0301'.repeat(1200))! % 2).toBe(0);
    expect(firstCut('🇨🇳'.repeat(600))! % 4).toBe(0);
  });

  it('splits a character of endless accents rather than exceed the limit', () => {
    const cut = firstCut(`a${'\u0301'.repeat(3000)}`)!;
    expect(cut).toBeGreaterThan(980);
    expect(cut).toBeLessThanOrEqual(1001);
  });

  it('measures what JSON makes of the text', () => {
    const text = '"\\\n\u0001'.repeat(200);
    const cuts = allCuts(text, { ...LIMITS, measure: 'json' });
    expect(cuts).toHaveLength(1);
    expect(bytesOf(text.slice(0, cuts[0]), 'json')).toBeLessThanOrEqual(2000);
  });

  it('counts half a pair at the end of a piece as nothing, also when the code has run hot', () => {
    const text = `${'x'.repeat(120)}👦${'y'.repeat(40)}`;
    const bounds: CutLimits = { softBytes: 123, hardBytes: 123, measure: 'utf8' };
    const cuts = new Set<number | undefined>();
    for (let round = 0; round < 10_000; round += 1) {
      cuts.add(findCut(text.slice(0, 121), { ...bounds, complete: false }));
    }
    expect([...cuts]).toEqual([undefined]);
  });

  it('refuses limits that no character fits into', () => {
    expect(() => createCutter({ softBytes: 1, hardBytes: 3, measure: 'utf8' })).toThrow(RangeError);
    expect(() => createCutter({ softBytes: 200, hardBytes: 100, measure: 'utf8' })).toThrow(RangeError);
  });
});

describe('open fences', () => {
  const at = (text: string): string | undefined => openFenceAt(text, text.length);

  it('finds the fence that is open and none after it was closed', () => {
    expect(at('```js\ncode\n')).toBe('```js');
    expect(at('```js\ncode\n```\n')).toBeUndefined();
    expect(at('~~~\n```\n')).toBe('~~~');
    expect(at('````\n```\n')).toBe('````');
    expect(at('```\ncode\n`````\n')).toBeUndefined();
    expect(at('```\r\ncode\r\n```\r\n')).toBeUndefined();
  });

  it('takes neither code in a line nor a closing line with words for a fence', () => {
    expect(at('```not a fence```\n')).toBeUndefined();
    expect(at('```\n``` no end\n')).toBe('```');
  });

  it('keeps indentation and quote marks but not list markers', () => {
    expect(at('1. ```sh\n')).toBe('   ```sh');
    expect(at('- a\n\n    ```\n')).toBe('    ```');
    expect(at('> ```\n> code\n')).toBe('> ```');
    expect(at('> ```\n> code\n\nafter the quote\n')).toBeUndefined();
  });
});

const piece = fc.oneof(
  fc.constantFrom(
    '\n',
    '\n\n',
    '```\n',
    '```ts\n',
    '~~~\n',
    '| a | b |\n',
    '|---|---|\n',
    '- item\n',
    '> ',
    '\r\n',
  ),
  fc.constantFrom('👨‍👩‍👧‍👦', '🇨🇳', 'e\u0301', '好', '"', '\\', '\u0001', '👍🏽', '𠮷', '\u200d'),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('一个段落，', 'some words and ', 'x'.repeat(40)),
);
const texts = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
const limits = fc
  .record({
    hardBytes: fc.integer({ min: 16, max: 300 }),
    softPart: fc.double({ min: 0.1, max: 1, noNaN: true }),
    measure: fc.constantFrom('utf8' as const, 'json' as const),
  })
  .map(({ hardBytes, softPart, measure }) => ({
    softBytes: Math.floor(hardBytes * softPart),
    hardBytes,
    measure,
  }));

describe('any text', () => {
  it('comes out whole, in parts that fit, without a broken character', () => {
    fc.assert(
      fc.property(texts, limits, (text, bounds) => {
        const parts = partsOf(text, allCuts(text, bounds));
        expect(parts.join('')).toBe(text);
        for (const part of parts) {
          expect(bytesOf(part, bounds.measure)).toBeLessThanOrEqual(bounds.hardBytes);
          expect(part.isWellFormed()).toBe(text.isWellFormed());
        }
        expect(parts.slice(1).every((part) => part !== '')).toBe(true);
        // No part ends early: the largest character has six bytes.
        const least = Math.min(bounds.softBytes, bounds.hardBytes - 5);
        for (const part of parts.slice(0, -1))
          expect(bytesOf(part, bounds.measure)).toBeGreaterThanOrEqual(least);
      }),
    );
  });

  it('is cut at the same places however it arrives', () => {
    fc.assert(
      fc.property(texts, limits, fc.array(fc.nat(400), { maxLength: 30 }), (text, bounds, borders) => {
        const cutter = createCutter(bounds);
        const sorted = [0, ...borders.toSorted((left, right) => left - right), text.length];
        const found = sorted.flatMap((border, index) =>
          cutter.push(text.slice(border, sorted[index + 1] ?? border)),
        );
        expect(found).toEqual(allCuts(text, bounds));
      }),
    );
  });

  it('never has shown anything beyond a cut before the cut was found', () => {
    fc.assert(
      fc.property(texts, limits, (text, bounds) => {
        const cut = findCut(text, { ...bounds, complete: false });
        for (let length = 0; length <= text.length; length += 1) {
          const known = findCut(text.slice(0, length), { ...bounds, complete: false });
          // The character after the cut may have two halves, and only with both it is known.
          if (known === undefined) expect(length).toBeLessThanOrEqual((cut ?? Infinity) + 1);
          else expect(known).toBe(cut);
        }
      }),
      { numRuns: 50 },
    );
  });
});
