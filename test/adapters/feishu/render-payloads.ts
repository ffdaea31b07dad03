import fc from 'fast-check';

const names = ['at', 'AT', 'aT', 'person', 'Person', 'audio', 'link', 'LINK'];
const attributes = [
  ' id=all',
  ' id="all"',
  " id='ou_7d8a6e6df7621556ce0d21922b676706'",
  '\tid=all',
  '\nid=all',
  '  id = all ',
  '\u3000id=all',
  ' user_id="all"',
  ' email=a@example.com',
  '/id=all',
  '',
  ' url="lark://x" file_key=file_v3_1',
];

/** Ways in which a model's text could try to call people, play files or open apps. */
export const mentionPayloads: readonly string[] = [
  ...names.flatMap((name) => attributes.map((attribute) => `<${name}${attribute}></${name}>`)),
  ...names.flatMap((name) => attributes.map((attribute) => `<${name}${attribute}/>`)),
  ...names.flatMap((name) => [
    `< ${name} id=all>`,
    `<\n${name} id=all>`,
    `</${name}>`,
    `<${name}`,
    `<<${name} id=all>>`,
  ]),
  ...names.flatMap((name) => [
    `<\u202E${name} id=all>`,
    `<${name.slice(0, 1)}\u2066${name.slice(1)} id=all>`,
    `<\u{E0041}${name} id=1>`,
  ]),
  ...names.flatMap((name) => [
    `\\<${name} id=all>`,
    `**<${name} id=all>**`,
    `[x](<${name} id=all>)`,
    `<font color=red><${name} id=all></font>`,
  ]),
  ...names.flatMap((name) => [`<${name}\0 id=all>`, `<${name}\r\nid=all>`, `<${name};id=all>`]),
];

/** Pieces of Markdown of which every one is, or may become, a hazard. */
export const fragments: readonly string[] = [
  '<at id=all></at>',
  '![a](https://x.y/z)',
  '![a](img_v3_1)',
  '![](http://q)',
  '[a](javascript:x)',
  '[a](https://x)',
  '[a]: data:x',
  '`code ![a](http://b)`',
  '```js\n![a](http://b)\n```',
  '~~~\n<at>\n~~~',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  'a | b\n-- | --\n1 | 2',
  '> | a |\n> |---|\n> | <at> |',
  '- | a |\n  |---|\n  | 1 |',
  '# head',
  '- item `x',
  '1. one',
  '---',
  'text `open',
  '\\![a](http://b) \\`',
  '<a href="javascript:1">x</a>',
  'a\u202Eb\u{E0041}c',
  '中文😀🏴',
  'x![1] y=z',
];

const tokens = [
  ...fragments,
  ...[
    '\n',
    '\n\n',
    ' ',
    '`',
    '``',
    '```',
    '```\n',
    '~~~',
    '|',
    '|---|---|\n',
    '---',
    '-',
    '>',
    '> ',
    '#',
    '# ',
    '1',
    '1. ',
    '- ',
  ],
  ...[
    '<',
    '</',
    'a',
    'at',
    't ',
    'l',
    'link',
    '!',
    '![',
    '](',
    '(',
    ')',
    ']',
    '[',
    ':',
    '=',
    'href=',
    '\\',
    '\r\n',
    '\t',
    '    ',
  ],
  ...[
    '\uD83D',
    '\uDE00',
    '\uDB40',
    '\uDC41',
    '\u200B',
    'javascript:',
    'http://',
    'data',
    '&',
    '*',
    '**',
    '_',
    '__',
  ],
];

/** Markdown rich in hazards and in beginnings of hazards. */
export const hazardous: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...tokens), { maxLength: 25 })
  .map((parts) => parts.join(''));
