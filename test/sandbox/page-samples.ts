/** A name, and a text, that would run something in a page that took them for markup. */
export const hostileName = '<img src=x onerror=alert(1)>';
export const hostileText = [
  '<script>alert(2)</script><img src=x onerror=alert(3)><svg onload=alert(4)>',
  '[follow me](javascript:alert(5)) ![look](javascript:alert(6)) <javascript:alert(7)>',
  '<a href="javascript:alert(8)" onmouseover="alert(9)">here</a> <iframe srcdoc="<script>alert(10)</script>">',
  '`<img src=x onerror=alert(11)>` **<b onclick=alert(12)>bold</b>**',
].join('\n\n');

/** Markdown, and the HTML it becomes. */
export const renderings: readonly (readonly [string, string])[] = [
  ['a **b** *c* ~~d~~ `e*f*`', '<p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e*f*</code></p>'],
  ['snake_case_name 2 * 3 * 4', '<p>snake_case_name 2 * 3 * 4</p>'],
  ['one\ntwo\n\nthree', '<p>one<br>two</p><p>three</p>'],
  ['- a\n  - b\n- c', '<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>'],
  ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
  ['> a\n> b', '<blockquote><p>a<br>b</p></blockquote>'],
  [
    '```js\na < b',
    '<div class="code"><div class="code-language">js</div><pre><code>a &lt; b</code></pre></div>',
  ],
  [
    '[x](https://e.cn/a_b) [y](javascript:z)',
    '<p><a href="https://e.cn/a_b" target="_blank" rel="noopener noreferrer">x</a> <span class="no-link">y</span></p>',
  ],
  ['![p](https://e.cn/p.png)', '<p><span class="no-picture">[p]</span></p>'],
  ['&lt;b&gt; \\*x\\* <b>', '<p>&lt;b&gt; *x* &lt;b&gt;</p>'],
  [
    '|a|b|\n|:-|-:|\n|1|`x|y`|\n|2|',
    '<div class="table-frame"><table><thead><tr><th class="to-left">a</th><th class="to-right">b</th></tr></thead><tbody><tr><td class="to-left">1</td><td class="to-right"><code>x|y</code></td></tr><tr><td class="to-left">2</td><td class="to-right"></td></tr></tbody></table></div>',
  ],
];

/** To be evaluated in the page: every element that could run something, or load what a message named. */
export const runnableElements = `[...document.body.querySelectorAll('*')]
  .filter((node) =>
    ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED'].includes(node.tagName) ||
    [...node.attributes].some(({ name, value }) => name.startsWith('on') || /^\\s*javascript:/i.test(value)) ||
    node.getAttribute('src') === 'x')
  .map((node) => node.outerHTML)`;
