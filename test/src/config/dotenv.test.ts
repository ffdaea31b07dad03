import { describe, expect, it } from 'vitest';
import { parseDotenv } from '../../../src/config/dotenv.ts';

describe('.env', () => {
  it('reads comments, export, blanks, quotes, several lines, Windows line ends and a byte order mark', () => {
    const text = [
      '\uFEFF# first',
      'A=1',
      '  export B = two words   # why',
      "C='single # kept'",
      'D="line one\\nline two \\"quoted\\""  # comment',
      'E=`back',
      "tick 'n' all`",
      'F=',
      'G=secret#with#hashes',
      'A=again',
    ].join('\r\n');
    expect(parseDotenv(text)).toEqual({
      values: {
        A: 'again',
        B: 'two words',
        C: 'single # kept',
        D: 'line one\nline two "quoted"',
        E: "back\ntick 'n' all",
        F: '',
        G: 'secret#with#hashes',
      },
      faults: [],
    });
  });

  it('takes JSON without quotes as it stands', () => {
    expect(parseDotenv('QWEN_EXTRA_BODY={"a": "b"}').values).toEqual({ QWEN_EXTRA_BODY: '{"a": "b"}' });
  });

  it('names the line that is no KEY=value, and its key, but never what else stands there', () => {
    const { faults, values } = parseDotenv('A=1\nAPP_SECRET＝hush\nb2xkIHNlY3JldA\nB: 2\nC=3');
    expect(faults.map(({ key }) => key)).toEqual(['APP_SECRET (.env line 2)', '.env line 3', '.env line 4']);
    expect(JSON.stringify(faults)).not.toContain('hush');
    expect(values).toEqual({ A: '1', C: '3' });
  });

  it('does not let an unclosed quote swallow the lines after it', () => {
    const { faults, values } = parseDotenv('A="open\nB=2');
    expect(faults.map(({ key }) => key)).toEqual(['A']);
    expect(values).toEqual({ B: '2' });
  });

  it('refuses text after a closing quote instead of cutting it off', () => {
    expect(parseDotenv(`A='it's'`).faults.map(({ key }) => key)).toEqual(['A']);
  });

  it('is not fooled by names that objects have anyway', () => {
    expect(Object.keys(parseDotenv('__proto__=1\nconstructor=2').values)).toEqual([
      '__proto__',
      'constructor',
    ]);
  });
});
