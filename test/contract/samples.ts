import type { Capabilities } from '../../src/contract/capabilities.ts';

/** Chinese prose, nothing in it that any platform could object to, up to the size the adapter says it can show. */
export function longAnswer(
  { maxReplyBytes, replySize }: Capabilities,
  render: (markdown: string) => string,
): string {
  const sizeOf = (text: string): number =>
    Buffer.byteLength(replySize === 'json' ? JSON.stringify(render(text)) : render(text));
  let answer = '';
  for (let number = 1; ; number += 1) {
    const longer = `${answer}${number}：这是一个很长的回答中的一行，里面没有什么特别的东西。\n\n`;
    if (sizeOf(longer.trimEnd()) > maxReplyBytes) return answer.trimEnd();
    answer = longer;
  }
}

/** Markdown in which something is undecided at many points: what is shown of it must still never be taken back. */
export const growingSamples: readonly string[] = [
  '# 标题\n\n正文 **粗** *斜* ~~删~~ `码` [链接](https://example.com/a_b?c=1) 完。\n',
  '```python\nprint("```")\n# 注释\n```\n\n之后 ``a ` b`` 还有\n\n~~~\n未完',
  '| 列 | 值 |\n| --- | ---: |\n| a | 1 |\n| b | 2 |\n\n| 又 | 表 |\n|:-:|---|\n| c | 3 |\n',
  Array.from({ length: 6 }, (_, index) => `表 ${index}\n\n| a | b |\n|---|---|\n| 1 | ${index} |\n`).join(
    '\n',
  ),
  '![图](https://example.com/x.png) 和 ![a](img_key) 和 ![ref][1]\n\n[1]: https://example.com/y.png\n',
  '> 引用\n> > 更深\n> ```\n> 码\n> ```\n\n1. 一\n   - 内 `x`\n2. 二\n\n***\n---\n',
  '😀👨‍👩‍👧‍👦 e\u0301 \u202Eabc\u2066 𝒳 \u{E0041}\u0000 结束',
  '<b>粗</b> <font color="red">红</font> <a href="javascript:alert(1)">x</a> <!-- 注 --> a < b && c > d <',
  '[x](javascript:alert(1)) <https://example.com> <javascript:x> \\[不是\\](链接) &amp; &lt;at&gt; @all @所有人 @_all',
  '行尾两空格  \n下一行\\\n再下\r\n回车\n\n\n\n多空行\t制表\n    缩进代码\n',
  '$$\n\\frac{a}{b}\n$$ 行内 $x_1$ 和 :smile: [微笑] <@user> <@all> {"a": 1} %s ${x}',
  '未闭 `码 和 **粗 和 [链接](http://exa',
];

/** Texts without anything a platform could take for markup. */
export const plainSamples: readonly string[] = [
  '你好，世界。',
  'Hello, world. It costs 3 euros, 50 percent off!',
  '一二三四五😀六七八九十',
];

/** Whatever a model may say, however broken. */
export const brokenSamples: readonly string[] = [
  '',
  '\uD800',
  'a\uDC00b',
  '\u0000',
  '`'.repeat(300),
  '['.repeat(300),
  '<'.repeat(300),
  '|'.repeat(300),
  '> '.repeat(200),
  '*_~`[(<'.repeat(60),
];
