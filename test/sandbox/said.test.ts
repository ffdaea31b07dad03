import { describe, expect, it } from 'vitest';
import { Refusal } from './pane.ts';
import { saidInComposer as saidOnDingTalk } from './panes/dingtalk-said.ts';
import { saidInComposer } from './panes/feishu-said.ts';
import { saidInComposer as saidOnWeCom } from './panes/wecom-said.ts';

const people = new Map([
  ['小桥', 'bot'],
  ['小桥梁', 'ou_1'],
]);
const image = { bytes: new Uint8Array([1]), mime: 'image/png', name: 'a.png' };

describe('what Feishu’s composer makes of it', () => {
  it('sends words as text, with the longest name that fits', () => {
    expect(saidInComposer('@小桥 问 @小桥梁，a@b.cn', [], people)).toEqual({
      kind: 'text',
      text: '@{bot} 问 @{ou_1}，a@b.cn',
    });
  });

  it('sends a lone picture as an image, and pictures with words as a post', () => {
    expect(saidInComposer(' ', [image], people)).toEqual({ kind: 'image', image });
    expect(saidInComposer('@小桥 看\n这个', [image, image], people)).toEqual({
      kind: 'post',
      paragraphs: [
        [
          { tag: 'text', text: '@{bot}' },
          { tag: 'text', text: ' 看' },
        ],
        [{ tag: 'text', text: '这个' }],
        [{ tag: 'img', image }],
        [{ tag: 'img', image }],
      ],
    });
  });

  it('does not take typed braces for a mention', () => {
    expect(saidInComposer('@{all} 你好', [], people)).toEqual({
      kind: 'post',
      paragraphs: [
        [
          { tag: 'text', text: '@' },
          { tag: 'text', text: '{all} 你好' },
        ],
      ],
    });
  });
});

describe('what DingTalk’s composer makes of it', () => {
  it('sends a lone picture as one, and pictures with words as rich text', () => {
    expect(saidOnDingTalk(' ', [image], people)).toEqual({ kind: 'picture', picture: image });
    expect(saidOnDingTalk('@小桥 看', [image, image], people)).toEqual({
      kind: 'richText',
      items: [
        { type: 'text', text: '@{bot} 看' },
        { type: 'picture', picture: image },
        { type: 'picture', picture: image },
      ],
    });
  });

  it('refuses typed braces rather than take them for a mention', () => {
    expect(() => saidOnDingTalk('@{bot} 你好', [], people)).toThrow(Refusal);
  });
});

describe('what WeCom’s composer makes of it', () => {
  it('sends a lone picture as one, and pictures with words mixed', () => {
    const file = { bytes: image.bytes, fileName: image.name };
    expect(saidOnWeCom('', [image], people)).toEqual({ kind: 'image', image: file });
    expect(saidOnWeCom('@小桥 看', [image], people)).toEqual({
      kind: 'mixed',
      items: [
        { kind: 'text', text: '@{bot} 看' },
        { kind: 'image', image: file },
      ],
    });
    expect(saidOnWeCom('', [image, image], people)).toMatchObject({ kind: 'mixed', items: [{}, {}] });
  });
});
