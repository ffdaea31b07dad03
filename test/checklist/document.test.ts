import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { testsIn } from './test-titles.ts';

type Citation = {
  readonly point: number;
  readonly file: string;
  readonly title: string;
  readonly row: string;
};
type Point = {
  readonly number: number;
  readonly citations: readonly Citation[];
  /** What stands among the citations and is none. */
  readonly unread: string;
  readonly reason: string;
};

/** `file`: `title of a test` (`row of its table`) */
const citation = /`([^`]+\.ts)`: `([^`]+)`(?: \(`([^`]+)`\))?/g;

/** Points for which a test cannot exist yet: issue 5 leaves them to a later one. */
const later = [26, 51, 54];

const points: readonly Point[] = readFileSync('docs/model-checklist.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => {
    const [, number = '', , tests = '', ...reasons] = line.split('|').map((cell) => cell.trim());
    const point = Number(number);
    const citations = [...tests.matchAll(citation)].map(([, file = '', title = '', row = '']) => ({
      point,
      file,
      title,
      row,
    }));
    const unread = tests.replaceAll(citation, '').replaceAll('<br>', '').replace('–', '').trim();
    return { number: point, citations, unread, reason: reasons.join('') };
  });

/** What is wrong with a citation; undefined when the test is there and runs. */
function faultOf({ file, title, row }: Citation): string | undefined {
  if (!existsSync(file)) return 'no such file';
  const named = testsIn(file).filter((test) => test.title === title);
  if (named.length === 0) return 'no such test';
  if (!named.some(({ runs }) => runs)) return 'never runs';
  return row === '' || named.some(({ rows }) => rows.includes(row)) ? undefined : 'no such row';
}

describe('the checklist of the model side', () => {
  it('has every point once', () => {
    expect(points.map(({ number }) => number)).toEqual(Array.from({ length: 56 }, (_, index) => index + 1));
  });

  it('names a test for every point but those of a later issue, which give their reason', () => {
    const bare = points.filter(({ citations }) => citations.length === 0);
    expect(bare.map(({ number }) => number)).toEqual(later);
    expect(bare.filter(({ reason }) => reason === '')).toEqual([]);
    expect(points.map(({ unread }) => unread).join('')).toBe('');
  });

  it('names tests that are there and run', () => {
    const faults = points
      .flatMap(({ citations }) => citations)
      .flatMap((cited) => {
        const fault = faultOf(cited);
        return fault === undefined ? [] : [`${cited.point}: ${cited.file}, ${cited.title}: ${fault}`];
      });
    expect(faults).toEqual([]);
  });
});

describe('a test that is cited', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-cited-'));
  const file = join(folder, 'cited.test.ts');
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is known by its syntax: neither a comment, nor a skipped one, nor another row will do', () => {
    writeFileSync(
      file,
      `// it('only planned', () => {});
       const table = [['first row', 1], ['second row', 2]] as const;
       describe('a group', () => { it.each(table)('reads %s', () => {}); });
       describe.skip('asleep', () => { it('sleeps', () => {}); });
       it.todo('not written');
       const words = "it('only quoted')";`,
    );
    const fault = (title: string, row = ''): string | undefined => faultOf({ point: 0, file, title, row });
    expect(fault('a group')).toBeUndefined();
    expect(fault('reads %s')).toBeUndefined();
    expect(fault('reads %s', 'second row')).toBeUndefined();
    expect(fault('reads %s', 'third row')).toBe('no such row');
    expect(['only planned', 'only quoted', 'reads'].map((title) => fault(title))).toEqual(
      Array.from({ length: 3 }, () => 'no such test'),
    );
    expect(['asleep', 'sleeps', 'not written'].map((title) => fault(title))).toEqual(
      Array.from({ length: 3 }, () => 'never runs'),
    );
    expect(faultOf({ point: 0, file: `${file}x`, title: 'a group', row: '' })).toBe('no such file');
  });
});
