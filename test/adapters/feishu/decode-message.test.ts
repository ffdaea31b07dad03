import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  botOpenId,
  decodedEvent,
  decodedMessage,
  envelope,
  mentionOf,
  mentionOfBot,
  messageEvent,
  receivedAt,
} from './support.ts';

const text = (words: string): object => ({ message_type: 'text', content: JSON.stringify({ text: words }) });

function post(paragraphs: readonly (readonly object[])[], title = ''): object {
  return { message_type: 'post', content: JSON.stringify({ title, content: paragraphs }) };
}

describe('a text message', () => {
  it('carries who, where, when and what, under a key that every redelivery shares', () => {
    expect(decodedEvent(messageEvent({ ...text('@_user_1 hello'), mentions: [mentionOfBot] }))).toEqual({
      type: 'message',
      eventKey: 'message:om_1',
      place: { adapter: 'feishu', platform: 'feishu', tenant: 'tk_1', chat: 'oc_1', kind: 'group' },
      sender: { key: 'ou_asker' },
      addressed: true,
      text: 'hello',
      media: [],
      unreadable: [],
      sentAt: new Date(1700000000123),
      replyTarget: { messageId: 'om_1', chatId: 'oc_1' },
    });
  });

  it('has the same key under another event id', () => {
    const first = decodedEvent(messageEvent({}));
    const again = decodedEvent({
      ...messageEvent({}),
      header: { event_type: 'im.message.receive_v1', event_id: 'other' },
    });
    expect('eventKey' in first && 'eventKey' in again && again.eventKey === first.eventKey).toBe(true);
  });

  it.each([
    ['p2p', 'direct', true],
    ['group', 'group', false],
    ['topic_group', 'group', false],
    ['private', 'group', false],
    [undefined, 'group', false],
  ])('from a chat of type %s counts as %s', (chatType, kind, addressed) => {
    const message = decodedMessage({ chat_type: chatType });
    expect([message.place.kind, message.addressed]).toEqual([kind, addressed]);
  });

  it('stays in its topic', () => {
    const message = decodedMessage({ thread_id: 'omt_1', root_id: 'om_0', parent_id: 'om_0' });
    expect(message.place.topic).toBe('omt_1');
    expect(message.replyTarget).toEqual({ messageId: 'om_1', chatId: 'oc_1', threadId: 'omt_1' });
  });

  it.each([
    ['1700000000', 1700000000000],
    ['1700000000123', 1700000000123],
    ['1700000000123456', 1700000000123],
    ['', 1700000000000], // then the header's time counts
    ['yesterday', 1700000000000],
  ])('sent at %s', (createTime, expected) => {
    expect(decodedMessage({ create_time: createTime }).sentAt.getTime()).toBe(expected);
  });

  it('without any time counts as sent now', () => {
    const raw = envelope(
      'im.message.receive_v1',
      {
        sender: { sender_id: { open_id: 'ou_1' } },
        message: { message_id: 'om_1', chat_id: 'oc_1', message_type: 'text', content: '{"text":"a"}' },
      },
      { create_time: undefined },
    );
    expect(decodedEvent(raw)).toMatchObject({ sentAt: receivedAt });
  });
});

describe('mentions', () => {
  it.each([
    ['@_user_1 hello', 'hello'],
    ['hello @_user_1', 'hello'],
    ['hello @_user_1 there', 'hello there'],
    ['@_user_1', ''],
    ['@_user_1/help', '/help'],
    ['@_user_1   /help', '/help'],
    ['@_user_1\n    if x:\n        y  = 1', '    if x:\n        y  = 1'],
    ['look:\n@_user_1 a  b\n\tc', 'look:\na  b\n\tc'],
  ])('of this bot leave the text: %j', (words, expected) => {
    const message = decodedMessage({ ...text(words), mentions: [mentionOfBot] });
    expect([message.text, message.addressed]).toEqual([expected, true]);
  });

  it('of other people become their names, also the eleventh', () => {
    const others = Array.from({ length: 11 }, (_, index) => mentionOf(index + 2, `名${index + 2}`));
    const words = '@_user_1 ask @_user_10, @_user_2 and @_user_12';
    expect(decodedMessage({ ...text(words), mentions: [mentionOfBot, ...others] }).text).toBe(
      'ask @名10, @名2 and @名12',
    );
  });

  it('that are names like placeholders are not replaced again', () => {
    const message = decodedMessage({
      ...text('@_user_2 x'),
      mentions: [mentionOf(2, '@_user_1'), mentionOfBot],
    });
    expect(message.text).toBe('@@_user_1 x');
  });

  it.each([
    ['without an entry', []],
    [
      'with an entry without ids',
      [{ key: '@_all', id: { union_id: '', user_id: '', open_id: '' }, name: '所有人' }],
    ],
    ['even with an entry that claims to be the bot', [{ ...mentionOfBot, key: '@_all' }]],
  ])('of everyone do not wake the bot: %s', (_, mentions) => {
    const message = decodedMessage({ ...text('@_all lunch'), mentions });
    expect([message.text, message.addressed]).toEqual(['@all lunch', false]);
  });

  it('of somebody else do not wake the bot', () => {
    expect(decodedMessage({ ...text('@_user_1 hi'), mentions: [mentionOf(1, '李雷')] })).toMatchObject({
      text: '@李雷 hi',
      addressed: false,
    });
  });

  it('may hold characters that mean something to patterns', () => {
    const odd = { ...mentionOf(2, '$&'), key: '@(._*' };
    expect(decodedMessage({ ...text('a @(._* b'), mentions: [odd] }).text).toBe('a @$& b');
  });

  it("do not touch a person's own blanks (property)", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]( {1,5}[a-z]| *\n {0,8}[a-z]){0,6}$/), (words) => {
        expect(decodedMessage({ ...text(`@_user_1 ${words}`), mentions: [mentionOfBot] }).text).toBe(words);
      }),
    );
  });
});

describe('a post', () => {
  const paragraphs = [
    [
      { tag: 'at', user_id: '@_user_1', user_name: '小桥', style: [] },
      { tag: 'text', text: ' 哪个 部门  超支？', style: [] },
    ],
    [],
    [{ tag: 'img', image_key: 'img_a', width: 800, height: 600 }],
    [
      { tag: 'text', text: 'see ' },
      { tag: 'a', text: 'wiki', href: 'https://w.example/a' },
      { tag: 'at', user_id: '@_user_2', user_name: '韩梅梅' },
    ],
    [
      { tag: 'img', image_key: 'img_b' },
      { tag: 'media', file_key: 'file_v', image_key: 'img_cover' },
    ],
    [{ tag: 'code_block', language: 'PYTHON', text: 'if a:\n    b  = 1\n' }],
    [{ tag: 'emotion', emoji_type: 'SMILE' }],
    [{ tag: 'hr' }],
    [
      { tag: 'text', text: '1 &lt; 2 &amp;amp;', un_escape: true },
      { tag: 'text', text: ' &lt;' },
    ],
    [{ tag: 'something_new', text: 'new' }, { tag: 'empty_new' }, 'not an element', null],
  ];
  const mentions = [mentionOfBot, mentionOf(2, '韩梅梅')];
  const expected = {
    addressed: true,
    text: [
      '报表',
      '哪个 部门  超支？',
      '',
      '',
      'see [wiki](https://w.example/a)@韩梅梅',
      '',
      '```python\nif a:\n    b  = 1\n```',
      '[SMILE]',
      '---',
      '1 < 2 &amp; &lt;',
      'new',
    ].join('\n'),
    media: [
      { messageId: 'om_1', imageKey: 'img_a' },
      { messageId: 'om_1', imageKey: 'img_b' },
    ],
    unreadable: ['video'],
  };

  it('gives its words, its pictures in order and what cannot be read', () => {
    expect(decodedMessage({ ...post(paragraphs as object[][], '报表'), mentions })).toMatchObject(expected);
  });

  it('reads the same inside a layer for the language', () => {
    const content = JSON.stringify({ zh_cn: { title: '报表', content: paragraphs } });
    expect(decodedMessage({ message_type: 'post', content, mentions })).toMatchObject(expected);
  });

  it('is addressed when its mention names the bot by id', () => {
    const message = decodedMessage(
      post([
        [
          { tag: 'at', user_id: botOpenId },
          { tag: 'text', text: ' hi' },
        ],
      ]),
    );
    expect([message.text, message.addressed]).toEqual(['hi', true]);
  });

  it('to everyone is not addressed', () => {
    const message = decodedMessage(
      post([
        [
          { tag: 'at', user_id: '@_all' },
          { tag: 'text', text: ' hi' },
        ],
      ]),
    );
    expect([message.text, message.addressed]).toEqual(['@all hi', false]);
  });

  it('keeps code whole that holds fences itself', () => {
    const code = '````\nx\n````';
    expect(decodedMessage(post([[{ tag: 'code_block', text: code }]])).text).toBe(
      `\`\`\`\`\`\n${code}\n\`\`\`\`\``,
    );
  });

  it('with a picture and no words is a picture', () => {
    expect(decodedMessage(post([[{ tag: 'img', image_key: 'img_a' }]]))).toMatchObject({
      text: '',
      media: [{ messageId: 'om_1', imageKey: 'img_a' }],
    });
  });
});

describe('other kinds of message', () => {
  it('a picture', () => {
    const content = '{"image_key":"img_v3_1"}';
    expect(decodedMessage({ message_type: 'image', content })).toMatchObject({
      text: '',
      media: [{ messageId: 'om_1', imageKey: 'img_v3_1' }],
      unreadable: [],
    });
  });

  it.each([
    ['file', '{"file_key":"f","file_name":"报表.pdf"}', 'file'],
    ['folder', '{"file_key":"f","file_name":"x"}', 'file'],
    ['audio', '{"file_key":"f","duration":2000}', 'audio'],
    ['media', '{"file_key":"f","image_key":"i","file_name":"a.mp4","duration":1}', 'video'],
    ['sticker', '{"file_key":"f"}', 'sticker'],
    ['interactive', '{"title":"t","elements":[[{"tag":"text","text":"x"}]]}', 'card'],
    ['merge_forward', 'Merged and Forwarded Message', 'forwarded'],
    ['location', '{"name":"n","longitude":"1","latitude":"2"}', 'location'],
    ['share_chat', '{"chat_id":"oc_2"}', 'contact'],
    ['share_user', '{"user_id":"ou_2"}', 'contact'],
    ['todo', '{"task_id":"t"}', 'other'],
    ['vote', '{"topic":"t"}', 'other'],
    ['hongbao', '{"text":"红包"}', 'other'],
    ['video_chat', '{}', 'other'],
    ['share_calendar_event', '{}', 'other'],
    ['whatever_comes_next', '{}', 'other'],
    ['', '', 'other'],
    ['text', 'not json', 'other'],
    ['text', '{"text":5}', 'other'],
    ['image', '{}', 'other'],
    ['post', '{"content":"no list"}', 'other'],
  ])('%s with %s cannot be read: %s', (kind, content, expected) => {
    expect(decodedMessage({ message_type: kind, content })).toMatchObject({
      text: '',
      media: [],
      unreadable: [expected],
    });
  });
});

describe('quotes', () => {
  it.each([
    ['a plain message', {}, undefined],
    ['a reply', { root_id: 'om_0', parent_id: 'om_0' }, { messageId: 'om_0' }],
    ['a reply to a reply', { root_id: 'om_0', parent_id: 'om_x' }, { messageId: 'om_x' }],
    ['a message of a topic', { root_id: 'om_0', parent_id: 'om_0', thread_id: 'omt_1' }, undefined],
    [
      'a reply inside a topic',
      { root_id: 'om_0', parent_id: 'om_x', thread_id: 'omt_1' },
      { messageId: 'om_x' },
    ],
  ])('of %s', (_, ids, quote) => {
    expect(decodedMessage(ids).quote).toEqual(quote);
  });
});
