import { describe, expect, it } from 'vitest';
import type { QuotedMessage } from '../../../src/contract/media.ts';
import { quoteRef } from '../../../adapters/feishu/decode/ids.ts';
import { decodeQuoted } from '../../../adapters/feishu/decode/quoted.ts';
import { fetchFeishuQuote } from '../../../adapters/feishu/quote.ts';
import { failure, start, type Here } from './calls.ts';
import { never } from '../shared/waiting.ts';
import { appId, botOpenId } from './support.ts';
import type { Said } from '../../simulators/feishu/said.ts';

const item = (kind: string, content: string, more: object = {}): object => ({
  message_id: 'om_q',
  msg_type: kind,
  body: { content },
  sender: { id: 'ou_1', id_type: 'open_id', sender_type: 'user' },
  ...more,
});

const quoted = (...items: readonly object[]): QuotedMessage | undefined =>
  decodeQuoted(items, { appId, botOpenId });

describe('a quoted message', () => {
  async function quote(here: Here, said: Said): Promise<QuotedMessage> {
    const user = here.feishu.addUser({ name: '韩梅梅' });
    const chat = here.feishu.addChat({ name: '财务', members: [user] });
    const { message } = here.feishu.say({ chat, from: user, said, push: 'never' });
    const self = {
      calls: here.operations,
      appId: here.feishu.app.appId,
      botOpenId: here.feishu.app.botOpenId,
    };
    return fetchFeishuQuote(self, quoteRef({ messageId: message.messageId }), never);
  }

  it('of a person gives words with names in them', async () => {
    const here = await start();
    const other = here.feishu.addUser({ name: '李雷' });
    expect(await quote(here, { kind: 'text', text: `@{${other.openId}} 看  这个` })).toEqual({
      author: 'person',
      text: '@李雷 看  这个',
      media: [],
      unreadable: [],
    });
  });

  it('gives its pictures under the message that holds them', async () => {
    const here = await start();
    const image = { bytes: Buffer.from('png'), mime: 'image/png' };
    const paragraphs = [
      [{ tag: 'text', text: '两张' } as const, { tag: 'img', image } as const],
      [{ tag: 'img', image } as const],
    ];
    const message = await quote(here, { kind: 'post', paragraphs });
    const imageOfMessage = {
      messageId: expect.stringMatching(/^om_/) as string,
      imageKey: expect.stringMatching(/^img_/) as string,
    };
    expect(message).toMatchObject({ text: '两张', media: [imageOfMessage, imageOfMessage] });
  });

  it('that forwards others gives their words in order', async () => {
    const here = await start();
    const user = here.feishu.addUser({ name: '李雷' });
    const chat = here.feishu.addChat({ name: '别处', members: [user] });
    const children = ['一', '二'].map(
      (text) => here.feishu.say({ chat, from: user, said: { kind: 'text', text }, push: 'never' }).message,
    );
    expect(await quote(here, { kind: 'merge_forward', children })).toMatchObject({
      author: 'person',
      text: '一\n二',
      unreadable: [],
    });
  });

  it('that is a file says so', async () => {
    const here = await start();
    const file = { bytes: Buffer.from('pdf'), name: 'a.pdf' };
    expect(await quote(here, { kind: 'file', file })).toMatchObject({ text: '', unreadable: ['file'] });
  });

  it('that does not exist is an error, not an empty quote', async () => {
    const here = await start();
    const self = { calls: here.operations, appId, botOpenId };
    const error = await failure(fetchFeishuQuote(self, quoteRef({ messageId: 'om_gone' }), never));
    expect(error.platformCode).toMatch(/^\d+$/);
  });

  it('that was recalled has nothing left', () => {
    expect(quoted(item('text', '', { deleted: true, body: undefined }))).toMatchObject({
      text: '',
      unreadable: ['other'],
    });
    expect(quoted()).toBeUndefined();
  });
});

describe('who wrote a quoted message', () => {
  it.each([
    ['person', { id: 'ou_1', id_type: 'open_id', sender_type: 'user' }],
    ['self', { id: appId, id_type: 'app_id', sender_type: 'app' }],
    ['other-bot', { id: 'cli_0000000000000000', id_type: 'app_id', sender_type: 'app' }],
    ['other-bot', { id: '', id_type: '', sender_type: 'anonymous' }],
  ])('%s', (author, sender) => {
    expect(quoted(item('text', '{"text":"a"}', { sender }))?.author).toBe(author);
  });
});

describe('the words of a quoted card', () => {
  const modern = {
    schema: '2.0',
    header: { title: { tag: 'plain_text', content: '周报' } },
    body: {
      elements: [
        { tag: 'markdown', content: '# 一\n\n```js\nif (a) {\n    b  = 1\n}\n```' },
        { tag: 'collapsible_panel', elements: [{ tag: 'markdown', content: 'thinking' }] },
        {
          tag: 'column_set',
          columns: [
            { tag: 'column', elements: [{ tag: 'button', text: { tag: 'plain_text', content: '重试' } }] },
          ],
        },
        { tag: 'div', text: { tag: 'plain_text', content: '二' } },
        { tag: 'markdown', content: 'footer', text_size: 'notation' },
      ],
    },
  };
  const words = '周报\n# 一\n\n```js\nif (a) {\n    b  = 1\n}\n```\n二';
  const rendered = {
    title: '旧卡',
    elements: [
      [
        { tag: 'text', text: '甲' },
        { tag: 'a', text: '乙', href: 'https://x.example' },
        { tag: 'at', user_name: '李雷' },
      ],
      [{ tag: 'button', text: 'x' }],
      [{ tag: 'text', text: '丙' }],
    ],
  };
  const degraded = { title: null, elements: [[{ tag: 'text', text: '请升级至最新版本客户端，以查看内容' }]] };

  it.each([
    ['as it was sent', modern, words],
    ['as a string inside user_dsl', { user_dsl: JSON.stringify(modern) }, words],
    ['as a string inside json_card', { json_card: JSON.stringify(modern), card_schema: 2 }, words],
    ['in the rendered form', rendered, '旧卡\n甲乙@李雷\n丙'],
    ['degraded, but with the real text beside it', { ...degraded, user_dsl: JSON.stringify(modern) }, words],
    ['degraded with a title', { ...degraded, title: '周报' }, '周报'],
  ])('%s', (_, card, text) => {
    expect(quoted(item('interactive', JSON.stringify(card)))).toMatchObject({ text, unreadable: [] });
  });

  it.each([
    ['degraded', JSON.stringify(degraded)],
    ['empty', '{}'],
    ['not JSON', 'card'],
    [
      'nested without end',
      JSON.stringify({
        elements: Array.from({ length: 500 }).reduce<unknown>(
          (inner) => [{ tag: 'div', elements: inner }],
          [],
        ),
      }),
    ],
  ])('%s are none, which is said', (_, content) => {
    expect(quoted(item('interactive', content))).toMatchObject({ text: '', unreadable: ['card'] });
  });
});
