import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderFeishuMarkdown } from '../../../adapters/feishu/render.ts';
import { scanMarkdown } from '../../simulators/feishu/markdown-scan.ts';
import { fragments, hazardous, mentionPayloads } from './render-payloads.ts';

const whole = (markdown: string): string => renderFeishuMarkdown(markdown, true);
const table = (name: string): string => `| ${name} | b |\n|---|:-:|\n| 1 | 2 |\n\n`;

describe('text without hazards', () => {
  const answers = [
    '',
    '你好，世界 👋🏽\r\n第二行  \n',
    '# 标题\n\n**粗体** _斜体_ ~~删除~~ `code <b>` [链接](https://example.com/a?b=c&d=e#f) 3 < 5 && 7 > 2',
    '```ts\nconst a: Array<string> = [];\nif (a! > b) x![0](1);\n```\n\n~~~\n| a | b |\n|---|---|\n~~~\n',
    '- [ ] a\n- [x] b\n\n1. c\n   ```bash\n   echo ![x](http://y)\n   ```\n\n- d\n    ```bash\n    [ ! -f a ] && echo "!x"\n    ```\n',
    'Wow![1] 注意! [a](b.md) [mail](mailto:a@b.c) [anchor](#x) <br> <font color="red">x</font> <a href="https://x.y">z</a>',
    '[1]: https://example.com "t"\n> 引用 `![a](http://b)` 与 ``a ` b``\n\n$a_1 = \\frac{b}{c}$ a==b x=y data: 1 javascript: 2',
    table('1') + table('2') + table('3'),
    '<atlas> <article> <linked> <personal> <audio-player> a<b at <p>',
  ];
  it.each(answers)('passes unchanged, byte for byte: %j', (markdown) => {
    expect(whole(markdown)).toBe(markdown);
  });

  it('passes unchanged for any text of harmless words', () => {
    const words = fc.constantFrom(
      'a',
      '中',
      '\n',
      ' ',
      '`',
      '**',
      '1. ',
      '- ',
      '> ',
      '```\n',
      '|',
      '#',
      '😀',
      '(',
      ')',
      '[x',
      '!',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 60 }), (parts) => {
        const markdown = parts.join('');
        expect(whole(markdown)).toBe(markdown);
      }),
      { numRuns: 500 },
    );
  });
});

describe('while the text grows', () => {
  const check = (markdown: string): void => {
    const end = whole(markdown);
    let shown = '';
    for (let length = 0; length <= markdown.length; length += 1) {
      const next = renderFeishuMarkdown(markdown.slice(0, length), false);
      expect(next.startsWith(shown)).toBe(true);
      shown = next;
    }
    expect(end.startsWith(shown)).toBe(true);
  };

  it('never rewrites what was shown, wherever the text is cut', () => {
    fc.assert(fc.property(hazardous, check), { numRuns: 1500 });
  });

  it.each([
    'a `b ![x](http://y) c` d',
    'a `b ![x](http://y)\n\nc` d',
    '```![x](http://y)```\n',
    '``` ![x](http://y)\ncode\n```\n![z](http://y)',
    table('1') + table('2') + table('3') + '| 4 | b\n|---|---\n| 1\n- x',
    table('1') + table('2') + table('3') + 'a | b\n--- | ---\n1 | 2\n\nend',
    '> ' + table('1') + table('2') + table('3') + '> | a |\n> |---|\n> | x |\nafter',
    '\uD83C\uDFF4\u{E0067}\u{E0062}<\u202Eat id=all>',
    '```</javascript:\n```\n',
    'a `b <person> c` d',
    'a `b <link\n\nc` d',
  ])('never rewrites %j', check);

  it('shows everything that is decided at once', () => {
    expect(renderFeishuMarkdown('Hello wor', false)).toBe('Hello wor');
    expect(renderFeishuMarkdown('| a | b |\n|---|--', false)).toBe('| a | b |\n|---|--');
    expect(renderFeishuMarkdown('a `b c', false)).toBe('a `b c');
    expect(renderFeishuMarkdown('see [x](https:', false)).toBe('see [x](https:');
  });

  it('holds back only what is undecided', () => {
    expect(renderFeishuMarkdown('a <', false)).toBe('a ');
    expect(renderFeishuMarkdown('a <pers', false)).toBe('a ');
    expect(renderFeishuMarkdown('a ![x](', false)).toBe('a [x]');
    expect(renderFeishuMarkdown('a [x](java', false)).toBe('a [x]');
    expect(renderFeishuMarkdown(table('1') + table('2') + table('3') + 'x\n| a |', false)).toMatch(/\nx\n$/);
  });
});

describe('mentions, players and app links', () => {
  it('knows at least 300 ways to write them', () => {
    expect(new Set(mentionPayloads).size).toBeGreaterThanOrEqual(300);
  });

  it('leave code as it is meant to be copied, but for what would call people', () => {
    const code = '```html\n<link rel="stylesheet" href="a.css">\n<person>x</person>\n```\n`<audio>` ';
    expect(whole(code)).toBe(code);
    expect(whole('```\n<at id=all></at>\n```')).not.toMatch(/<at/);
  });

  it.each(mentionPayloads)('makes %j plain text', (payload) => {
    for (const markdown of [
      payload,
      `x ${payload} y`,
      `\`${payload}\``,
      `\`\`\`\n${payload}\n\`\`\``,
      `| ${payload} |\n|-|\n`,
    ]) {
      const shown = whole(markdown);
      const harmful = markdown.includes('`') ? 'at' : 'at|person|audio|link';
      expect(shown).not.toMatch(new RegExp(`<[\\s/]*(${harmful})(?![\\w:.-])`, 'i'));
      expect(scanMarkdown(shown).mentions).toEqual([]);
      expect(shown.replaceAll('\u200B', '')).toBe(
        markdown.replace(/[\0\u202A-\u202E\u2066-\u2069]|\uDB40[\uDC00-\uDC7F]/g, ''),
      );
    }
  });
});

describe('images', () => {
  it('become links when their target is on the web', () => {
    expect(whole('a ![图](https://x.y/z.png "t") b')).toBe('a [图](https://x.y/z.png "t") b');
    expect(whole('\\``code ![a](http://b)`')).toBe('\\``code [a](http://b)`');
    expect(whole('\\` x `![a](http://b)`')).toBe('\\` x `[a](http://b)`');
    expect(whole('!![a](https://x)')).toBe('!!\u200B[a](https://x)');
    expect(whole('![](http://x.y)')).toBe('[…](http://x.y)');
    expect(whole('[![badge](https://i)](https://l)')).toBe('[[badge](https://i)](https://l)');
    expect(whole('![`]`](http://x) ![a\n\nb](http://y)')).toBe('[`]`](http://x) [a\n\nb](http://y)');
  });

  it.each(['img_v3_02ab', 'data:image/png;base64,AAAA', 'file:///etc/passwd', 'a.png'])(
    'become text when it is %s',
    (target) => {
      const shown = whole(`![a](${target})`);
      expect(shown).toBe(`[a]\u200B(${target})`);
      expect(scanMarkdown(shown).images).toEqual([]);
    },
  );

  it('stay as they are in fences and closed code spans', () => {
    const markdown = '`![a](http://b)` ``![a](http://b) ` ``\n```\n![a](http://b)\n```\n';
    expect(whole(markdown)).toBe(markdown);
  });

  it('are taken apart in fences that are not at the start of a line, for Feishu may not see those', () => {
    expect(whole('- a\n\n      ```\n      ![a](http://b)\n      ```\n')).toContain('!\u200B[a](http://b)');
    expect(whole('- ```\n  ![a](http://b)\n  ```\n')).toContain('!\u200B[a](http://b)');
  });

  it('never remain outside of code, whatever the text', () => {
    fc.assert(
      fc.property(hazardous, (markdown) => {
        expect(scanMarkdown(whole(markdown.replaceAll('`', "'").replaceAll('~', '-'))).images).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('links', () => {
  it.each([
    '[a](javascript:alert(1))',
    '[a]( JaVaScRiPt:alert(1))',
    '[a](data:text/html;base64,AA)',
    '[a](java&#115;cript:x)',
    '[a](javascript&colon;x)',
    '[a](vbscript:x)',
    '[a](lark://applink)',
    '[a](file:///x)',
    '[a](\njavascript:x)',
  ])('are taken apart when the target may not be followed: %j', (markdown) => {
    expect(whole(markdown)).toBe(markdown.replace('](', ']\u200B('));
  });

  it('are taken apart in definitions, autolinks and attributes, too', () => {
    expect(whole('[a](<javascript:x>)')).toBe('[a]\u200B(<\u200Bjavascript:x>)');
    expect(whole('[a]: javascript:x')).toBe('[a]\u200B: javascript:x');
    expect(whole('<javascript:x>')).toBe('<\u200Bjavascript:x>');
    expect(whole(`<a href='javascript:x'>`)).toBe(`<a href\u200B='javascript:x'>`);
  });

  it('lose characters that reorder or hide text', () => {
    expect(whole('a\u202Egpj.exe\u2066b\u{E0041}\u{E007F}c\0d')).toBe('agpj.exebcd');
  });
});

describe('tables', () => {
  it('beyond the third become code, the ones before stay', () => {
    const shown = whole(table('1') + table('2') + table('3') + table('4') + 'end\n');
    expect(shown).toBe(
      `${table('1')}${table('2')}${table('3')}\`\`\`\n${table('4').trim()}\n\`\`\`\n\nend\n`,
    );
  });

  it('are counted however they are written, but not inside code', () => {
    const head = '```\n' + table('0') + '```\n' + 'a | b\n-|-\n1 | 2\n\n> |a|\n> |-|\n\n- |x|\n  |-|\n\n';
    expect(whole(head)).toBe(head);
    expect(whole(head + table('4'))).toContain('```\n| 4 | b |\n|---|:-:|\n| 1 | 2 |\n```\n');
  });

  it('without bars at the edges keep every byte when they become code', () => {
    const shown = whole(table('1') + table('2') + table('3') + 'a | b\n--- | ---\n1 | 2');
    expect(shown.endsWith('a | b\n```\n--- | ---\n1 | 2\n```')).toBe(true);
  });

  it('end their code where another block begins', () => {
    const start = table('1') + table('2') + table('3') + '| 4 |\n|---|\n| x |\n';
    for (const next of ['# h\n', '- a\n', '1. a\n', '> q\n', '```js\nx\n```\n']) {
      expect(whole(start + next).endsWith(`| x |\n\`\`\`\n${next}`)).toBe(true);
    }
  });

  it('never exceed the limit, whatever the text', () => {
    fc.assert(
      fc.property(hazardous, fc.integer({ min: 0, max: 3 }), (markdown, maxTables) => {
        const shown = renderFeishuMarkdown(markdown.replaceAll(/[`~]/g, ''), true, maxTables);
        expect(scanMarkdown(shown).tables).toBeLessThanOrEqual(maxTables);
      }),
      { numRuns: 500 },
    );
  });
});

describe('rendering', () => {
  it('changes nothing when done twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...fragments), { maxLength: 12 }), (parts) => {
        const once = whole(parts.join('\n\n'));
        expect(whole(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  // Counts instead of a clock: every look at a character of the text goes through the same few string methods.
  it.each(['`', '![', '[a](', '<', '< ', '|\n', '```\n', '`` ` ', '\\`', '![`', 'href=', '| a |\n|-|\n'])(
    'takes a number of steps that grows with the length only: %j',
    (unit) => {
      const steps = (size: number): number =>
        countSteps(() => whole(unit.repeat(Math.ceil(size / unit.length))));
      expect(steps(32_000)).toBeLessThan(steps(8_000) * 6 + 20_000);
    },
  );
});

/** Characters that slicing and searching went over while `run` ran. */
function countSteps(run: () => void): number {
  const { prototype } = String;
  const slice = Object.getOwnPropertyDescriptor(prototype, 'slice')!;
  const indexOf = Object.getOwnPropertyDescriptor(prototype, 'indexOf')!;
  let steps = 0;
  Object.defineProperty(prototype, 'slice', {
    ...slice,
    value(this: string, ...range: number[]) {
      const part: string = slice.value.apply(this, range);
      steps += 1 + part.length;
      return part;
    },
  });
  Object.defineProperty(prototype, 'indexOf', {
    ...indexOf,
    value(this: string, searched: string, from = 0) {
      const found: number = indexOf.value.call(this, searched, from);
      steps += 1 + (found === -1 ? this.length : found) - from;
      return found;
    },
  });
  try {
    run();
  } finally {
    Object.defineProperties(prototype, { slice, indexOf });
  }
  return steps;
}
