import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveContent, sealedContent, streamEnd } from '../../../adapters/wecom/content.ts';
import { factsMarkdown } from '../../../adapters/wecom/facts.ts';
import { createMediaHosts } from '../../../adapters/wecom/media-hosts.ts';
import { remainder } from '../../../adapters/wecom/remainder.ts';
import { renderWecomMarkdown } from '../../../adapters/wecom/render.ts';
import { splitMarkdown } from '../../../adapters/wecom/split.ts';

const bytes = (text: string): number => Buffer.byteLength(text);
const snapshot = (markdown: string, part: object = {}) => ({ markdown, preview: '', ...part });

const pieces = fc.constantFrom(
  '<',
  '@',
  '/',
  'think',
  '>',
  '!',
  '[',
  ']',
  '(',
  ')',
  ':',
  'javascript',
  'https://a.b',
  '\n',
  '```',
  '~~~',
  '> ',
  ' ',
  '你好',
  '😀',
  '\u202e',
  'img',
  '-',
  '|',
  '`',
  '*',
);
const markdowns = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));

describe('the model’s Markdown', () => {
  it.for([
    [
      'plain',
      '# 标题\n\n**粗** `a < b` [链](https://a.example) <mailto:a@b.c>\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n',
    ],
    ['code', '```ts\nlet a: List<string> = ![x](y);\n// [z](javascript:1)\n```\n'],
    ['HTML that does nothing', '<font color="info">绿</font> a<b 1 < 2'],
  ] as const)('that is harmless stays byte for byte: %s', ([, markdown]) => {
    expect(renderWecomMarkdown(markdown, true)).toBe(markdown);
  });

  it.for([
    ['<@bob>', /<@/],
    ['```\n<@bob>\n```', /<@/],
    ['</ @all>', /<\/ @/],
    ['<think>藏起来', /<think/i],
    ['</THINK >', /<\/think/i],
    ['![图](https://a.example/x.png)', /!\[/],
    ['[点我](javascript:alert(1))', /\]\(javascript/],
    ['[点我](wxwork://x)', /\]\(wxwork/],
    ['[点我](java&#115;cript:1)', /\]\(java/],
    ['<img src=x>', /<img/],
    ['\u202eabc', /\u202e/],
  ] as const)('that would harm does not: %s', ([markdown, harm]) => {
    expect(renderWecomMarkdown(markdown, true)).not.toMatch(harm);
  });

  it('grows by its end only', () => {
    fc.assert(
      fc.property(markdowns, (markdown) => {
        const whole = renderWecomMarkdown(markdown, true);
        let before = '';
        for (let end = 0; end <= markdown.length; end += 1) {
          const now = renderWecomMarkdown(markdown.slice(0, end), false);
          expect(now.startsWith(before)).toBe(true);
          before = now;
        }
        expect(whole.startsWith(before)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a text too long for one message', () => {
  it('loses nothing but blanks at its cuts, and each message fits', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 400 }),
        fc.integer({ min: 64, max: 400 }),
        (parts, maxBytes) => {
          const markdown = parts.filter((part) => part !== '```' && part !== '~~~').join('');
          const messages = splitMarkdown(markdown, maxBytes);
          for (const message of messages) expect(bytes(message)).toBeLessThanOrEqual(maxBytes);
          expect(messages.join('').replace(/\s/g, '')).toBe(markdown.replace(/\s/g, ''));
          expect(messages.every((message) => message.isWellFormed())).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps code in fences', () => {
    const code = Array.from({ length: 200 }, (_, index) => `line ${index};`).join('\n');
    const messages = splitMarkdown(`前言\n\n\`\`\`js\n${code}\n\`\`\`\n`, 500);
    for (const message of messages) {
      expect(bytes(message)).toBeLessThanOrEqual(500);
      expect(message.match(/```/g)?.length).toBe(2);
    }
    expect(
      messages
        .join('\n')
        .replace(/```(?:js)?\n?|前言\s*/g, '')
        .replace(/\n+/g, '\n')
        .trim(),
    ).toBe(code);
  });

  it('goes on where another message has ended', () => {
    expect(remainder('一二', '一二三')).toBe('三');
    expect(remainder('```js\na', '```js\na\nb\n```')).toBe('```js\nb\n```');
    expect(remainder('别的', '一二三')).toBe('一二三');
  });
});

describe('what a bubble shows', () => {
  it('is never blank', () => {
    for (const content of [liveContent(snapshot(' ')), streamEnd(snapshot('')), sealedContent(snapshot(''))])
      expect(content.trim()).not.toBe('');
  });

  it('is never more than WeCom takes, whatever stands beside the answer', () => {
    for (const answer of ['短', '长'.repeat(5_000), '长'.repeat(6_820), '长'.repeat(9_000)]) {
      const end = streamEnd(
        snapshot(answer, { thinking: '想'.repeat(9_000), notice: '注'.repeat(500), footer: '完' }),
      );
      expect(bytes(end)).toBeLessThanOrEqual(20_480);
      expect(end).toContain(answer.slice(0, 5_000));
    }
  });

  it('keeps notice and receipt out of a code block that was never closed', () => {
    expect(streamEnd(snapshot('```js\nlet a;', { notice: '断了', footer: '完' }))).toBe(
      '```js\nlet a;\n```\n\n断了\n\n> 完',
    );
  });

  it('has facts as tables, or as lists where tables are not drawn', () => {
    const facts = [
      { type: 'table', title: '模型', columns: ['名', '状态'], rows: [['a|b', '好']] },
      {
        type: 'series',
        title: '速度',
        unit: 'ms',
        points: [
          { label: '08:00', value: 1 },
          { label: '08:05', value: 3 },
        ],
      },
    ] as const;
    expect(factsMarkdown(facts, true)).toContain('| a\\|b | 好 |');
    expect(factsMarkdown(facts, false)).toContain('**名** · 状态\n\n- a|b · 好');
    expect(factsMarkdown(facts, true)).toContain('**速度** ▃█ 3 ms (1–3)');
  });
});

describe('the address of a picture', () => {
  const hosts = createMediaHosts(['http://127.0.0.1:8080', 'wss://ws.example'], ['files.example:9000']);

  it.for([
    'https://ww-aibot-img-1.cos.ap-guangzhou.myqcloud.com/a?sign=%2B',
    'https://work.weixin.qq.com/a',
    'http://127.0.0.1:8080/a',
    'https://ws.example/a',
    'http://files.example:9000/a',
  ])('is followed to %s', (address) => {
    expect(hosts.check(address).href).toBe(address);
  });

  it.for([
    'http://127.0.0.1/a',
    'http://169.254.169.254/latest',
    'https://qq.com.evil.example/a',
    'https://evilqq.com/a',
    'https://myqcloud.com@evil.example/a',
    'https://work.weixin.qq.com:8443/a',
    'http://files.example/a',
    'file:///etc/passwd',
    'nonsense',
  ])('is not followed to %s, and the line that would allow it is named', (address) => {
    expect(() => hosts.check(address)).toThrow(/MEDIA_HOSTS=/);
    expect(hosts.lastRefused()).toBeDefined();
  });
});
