import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Point = { readonly number: number; readonly tests: string; readonly reason: string };

const points: readonly Point[] = readFileSync('docs/model-checklist.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .map(([, number = '', , tests = '', reason = '']) => ({ number: Number(number), tests, reason }));

/** `file`: `words that stand in it` */
const citation = /`([^`]+\.ts)`(?:: `([^`]+)`)?/g;

describe('the checklist of the model side', () => {
  it('has every point once, each with a test or a reason', () => {
    expect(points.map(({ number }) => number)).toEqual(Array.from({ length: 56 }, (_, index) => index + 1));
    const bare = points.filter(({ tests, reason }) => !tests.includes('.ts') && reason === '');
    expect(bare.map(({ number }) => number)).toEqual([]);
  });

  it('names tests that are there', () => {
    const cited = points.flatMap(({ number, tests }) =>
      [...tests.matchAll(citation)].map(([, file = '', words = '']) => ({ number, file, words })),
    );
    const gone = cited.filter(({ file, words }) => !readFileSync(file, 'utf8').includes(words));
    expect(cited.length).toBeGreaterThan(60);
    expect(gone).toEqual([]);
  });
});
