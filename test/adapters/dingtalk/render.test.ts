import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cardText, MAX_CARD_CHARACTERS } from '../../../adapters/dingtalk/card-text.ts';
import { renderForMessages } from '../../../adapters/dingtalk/render-messages.ts';
import { renderDingTalkMarkdown as render } from '../../../adapters/dingtalk/render.ts';

const whole = (markdown: string): string => render(markdown, true);

describe('line breaks', () => {
  it.each([
    ['within a paragraph are hard ones', '春眠不觉晓\n处处闻啼鸟', '春眠不觉晓  \n  处处闻啼鸟'],
    ['within a list item, too', '- 一\n续行\n- 二', '- 一  \n  续行\n- 二'],
    ['keep the indentation of what belongs to an item', '1. 一\n   续行', '1. 一  \n   续行'],
    ['within a quotation stay in it', '> 一\n> 二', '> 一  \n> 二'],
    ['between blocks are as they were', '# 题\n文\n\n\n文\n- 项\n---', '# 题\n文\n\n文\n- 项\n---'],
    ['inside code are left alone', '```py\na = 1\n\nb = 2\n```\n完', '```py\na = 1\n\nb = 2\n```\n完'],
    ['of other systems count as well', '一\r\n二\r三', '一  \n  二  \n  三'],
  ])('%s', (_, markdown, rendered) => {
    expect(whole(markdown)).toBe(rendered);
  });

  it('are `<br>` in a card, but not in its code', () => {
    expect(cardText(whole('一\n二\n\n```\na  \n  b\n```\n三\n四'))).toBe(
      '一<br>二\n\n```\na  \n  b\n```\n三<br>四',
    );
  });
});

describe('tables', () => {
  it('get the blank line that DingTalk wants before them, and keep their rows together', () => {
    const table = '| a | b |\n| --- | :-: |\n| 1 | 2 |\n| 3 | 4 |';
    expect(whole(`如下：\n${table}\n\n完`)).toBe(`如下：\n\n${table}\n\n完`);
    expect(whole(table)).toBe(table);
    expect(whole('a | b\n- | -\n1 | 2')).toBe('a | b\n- | -\n1 | 2');
  });
});

describe('what could do harm', () => {
  it.each([
    [
      'an image becomes a link',
      '看 ![图](https://example.com/x.png) 完',
      '看 [图](https://example.com/x.png) 完',
    ],
    ['an image without words can still be tapped on', '![](https://e.com/x.png)', '[…](https://e.com/x.png)'],
    ['an exclamation before a bracket stays', '你好![1] 和 a[!b]', '你好![1] 和 a[!b]'],
    ['a link into an app is taken apart', '[点](dingtalk://x?y=1)', '[点]\u200B(dingtalk://x?y=1)'],
    ['a link that runs code, too', '[点]( JavaScript:alert(1))', '[点]\u200B( JavaScript:alert(1))'],
    ['a definition of such a link', '[a]: vbscript:x', '[a]\u200B: vbscript:x'],
    ['web and mail addresses may be followed', '[a](https://e.com) [b](mailto:a@e.com)', undefined],
    ['a tag becomes text', '<font color="red">红</font>', '<\u200Bfont color="red">红<\u200B/font>'],
    ['a line break may stay', '| a<br>b | c<br/> |', undefined],
    ['a comparison is no tag', 'a < b && c <3', undefined],
    [
      'an address in brackets becomes a bare one',
      '见 <https://example.com/a?b=1>。',
      '见 https://example.com/a?b=1。',
    ],
    ['code stays as it is', '`<div>` 和 ``![a](b) ` c`` 完', undefined],
    ['code that is not closed is none', '`<div> 完', '`<\u200Bdiv> 完'],
    ['text that is turned round or hidden', 'a\u202Eb\u2066c\u0000d\u{E0041}e', 'abcde'],
  ])('%s', (_, markdown, rendered = markdown) => {
    expect(whole(markdown)).toBe(rendered);
  });

  it('closes a fence that was left open, so that what follows is not code', () => {
    expect(whole('> ~~~js\n> let a')).toBe('> ~~~js\n> let a\n> ~~~');
  });
});

describe('a growing text', () => {
  const pieces = [
    '文字',
    'a b',
    '\n',
    '\n\n',
    '```',
    '```js\n',
    '`',
    '``',
    '~~~',
    '- ',
    '1. ',
    '# ',
    '> ',
    '|',
    '| a | b |\n',
    '|---|---|\n',
    '![图](',
    '[x](java',
    'script:',
    'https://e.com)',
    '](',
    '<br',
    '<b>',
    '<https://e.com>',
    '!',
    '\\',
    '**',
    '---',
    '  ',
    '\r',
    '😀',
    '\uD83D',
    ':',
    '=',
    '.',
    '9',
  ];

  it('never takes back what was shown, wherever it is cut', () => {
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (markdown) => {
        let before = '';
        const end = render(markdown, true);
        for (let cut = 0; cut <= markdown.length; cut += 1) {
          const now = render(markdown.slice(0, cut), false);
          expect(now.startsWith(before), JSON.stringify([markdown, cut, before, now])).toBe(true);
          expect(end.startsWith(now), JSON.stringify([markdown, cut, now, end])).toBe(true);
          before = now;
        }
      }),
      { numRuns: 1_500, seed: 42 },
    );
  });

  it('never takes back what a message would show, in which tables are lists', () => {
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (markdown) => {
        let before = '';
        const end = renderForMessages(markdown, true);
        for (let cut = 0; cut <= markdown.length; cut += 1) {
          const now = renderForMessages(markdown.slice(0, cut), false);
          expect(now.startsWith(before), JSON.stringify([markdown, cut, before, now])).toBe(true);
          expect(end.startsWith(now), JSON.stringify([markdown, cut, now, end])).toBe(true);
          before = now;
        }
      }),
      { numRuns: 800, seed: 11 },
    );
  });

  it('never takes back what a card shows, either', () => {
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (markdown) => {
        let before = '';
        for (let cut = 0; cut <= markdown.length; cut += 1) {
          const now = cardText(render(markdown.slice(0, cut), false));
          expect(now.startsWith(before), JSON.stringify([markdown, cut, before, now])).toBe(true);
          before = now;
        }
      }),
      { numRuns: 800, seed: 7 },
    );
  });

  it('is shown as far as it is decided', () => {
    expect(render('这是一个很长的句子，还没有', false)).toBe('这是一个很长的句子，还没有');
    expect(render('见 [这里](https://example.com', false)).toBe('见 [这里](https://example.com');
    expect(render('见 [这里](htt', false)).toBe('见 [这里');
    expect(render('一\n``', false)).toBe('一');
  });

  it('takes time in proportion to its length', () => {
    for (const piece of ['`a', '[', '![', '<', '| a |\n', '> ', 'x\n', '](']) {
      const began = performance.now();
      render(piece.repeat(20_000), false);
      render(piece.repeat(20_000), true);
      expect(performance.now() - began, piece).toBeLessThan(4_000);
    }
  });
});

describe('the text of a card', () => {
  it('is never longer than what a card shows', () => {
    expect(cardText(whole('a\n'.repeat(5_000))).length).toBeLessThanOrEqual(MAX_CARD_CHARACTERS);
    expect(cardText(whole('😀'.repeat(5_000))).isWellFormed()).toBe(true);
  });
});
