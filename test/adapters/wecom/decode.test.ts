import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { parseXml } from '../../../adapters/wecom/callback/xml.ts';
import { decodeAppMessage } from '../../../adapters/wecom/decode/app-message.ts';
import { decodeBotEvent } from '../../../adapters/wecom/decode/bot-event.ts';
import { decodeBotMessage } from '../../../adapters/wecom/decode/bot-message.ts';
import type { Decoded } from '../../../adapters/wecom/decode/decoded.ts';
import { createMentionNames } from '../../../adapters/wecom/decode/mention-names.ts';
import { botAdapterId, replyTarget } from '../../../adapters/wecom/ids.ts';
import { fetchWecomQuote } from '../../../adapters/wecom/quote.ts';

const receivedAt = new Date('2026-11-20T08:00:00Z');
const context = () => ({
  adapter: botAdapterId,
  receivedAt,
  mentions: createMentionNames(),
  target: ({ chatId }: { readonly chatId: string }) => replyTarget({ chatId }),
});

const body = (part: object) => ({
  msgid: 'CAIQ+/Mixed==',
  aibotid: 'aib1',
  chatid: 'wrChatID_AbC',
  chattype: 'group',
  from: { userid: 'T00590002A' },
  ...part,
});

function messageOf(decoded: Decoded): InboundMessage {
  if ('ignored' in decoded) throw new Error(decoded.ignored);
  if (decoded.event.type !== 'message') throw new Error(decoded.event.type);
  return decoded.event;
}

const decode = (part: object): InboundMessage => messageOf(decodeBotMessage(body(part), context()));

describe('a message to the bot', () => {
  it('keeps every id letter by letter', () => {
    const message = decode({ msgtype: 'text', text: { content: '@小桥 你好' } });
    expect(message).toMatchObject({
      eventKey: 'message:CAIQ+/Mixed==',
      place: { adapter: 'wecom-bot', platform: 'wecom', tenant: 'aib1', chat: 'wrChatID_AbC', kind: 'group' },
      sender: { key: 'T00590002A' },
      addressed: true,
      text: '你好',
      sentAt: receivedAt,
    });
  });

  it('in a direct chat is from and to the person', () => {
    const message = decode({
      chattype: 'single',
      chatid: undefined,
      msgtype: 'text',
      text: { content: '@谁 在' },
    });
    expect(message.place).toMatchObject({ kind: 'direct', chat: 'T00590002A' });
    expect(message.text).toBe('@谁 在');
  });

  it('may mix words and pictures, each with its key', () => {
    const items = [
      { msgtype: 'text', text: { content: '@小桥 这两张' } },
      { msgtype: 'image', image: { url: 'https://a.example/1?sign=%2B', aeskey: 'k+/1' } },
      { msgtype: 'image', image: { url: 'https://a.example/2' } },
    ];
    expect(decode({ msgtype: 'mixed', mixed: { msg_item: items } })).toMatchObject({
      text: '这两张',
      media: [{ url: 'https://a.example/1?sign=%2B', key: 'k+/1' }, { url: 'https://a.example/2' }],
    });
  });

  it.for([
    ['voice', { voice: { content: '转成的字' } }, { text: '转成的字', unreadable: [] }],
    ['voice', { voice: { content: '' } }, { text: '', unreadable: ['audio'] }],
    ['file', { file: { url: 'u' } }, { unreadable: ['file'] }],
    ['video', { video: { url: 'u' } }, { unreadable: ['video'] }],
    ['image', { image: {} }, { unreadable: ['other'] }],
    ['hologram', {}, { unreadable: ['other'] }],
    ['text', { text: { content: '[该消息类型暂不能展示]' } }, { text: '', unreadable: ['card'] }],
  ] as const)('of the kind %s is read as what it is', ([msgtype, part, expected]) => {
    expect(decode({ msgtype, ...part })).toMatchObject(expected);
  });

  it('brings its quotation along, words and pictures', async () => {
    const quote = {
      msgtype: 'mixed',
      mixed: {
        msg_item: [
          { msgtype: 'text', text: { content: '原话' } },
          { msgtype: 'image', image: { url: 'https://a.example/q', aeskey: 'k' } },
        ],
      },
    };
    const { quote: ref } = decode({ msgtype: 'text', text: { content: '@小桥 看引用' }, quote });
    if (ref === undefined) throw new Error('no quotation');
    expect(await fetchWecomQuote(ref)).toEqual({
      author: 'person',
      text: '原话',
      media: [{ url: 'https://a.example/q', key: 'k' }],
      unreadable: [],
    });
  });

  it('is nothing without its ids, and decoding never throws', () => {
    for (const part of [{ msgid: '' }, { from: {} }, { chatid: undefined }])
      expect(decodeBotMessage(body({ msgtype: 'text', ...part }), context())).toHaveProperty('ignored');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        decodeBotMessage(value, context());
        decodeBotMessage(body({ msgtype: 'mixed', mixed: value, quote: value }), context());
        decodeBotEvent(value, { adapter: botAdapterId, address: () => ({}) as never });
      }),
      { numRuns: 500 },
    );
  });
});

describe('the mention of the bot', () => {
  it.for([
    ['@小桥 你好 吗', '你好 吗'],
    ['  @小桥\n第一行\n  第二行', '第一行\n  第二行'],
    ['你好 @小桥', '你好'],
    ['写信给 a@b.example', '写信给 a@b.example'],
    ['@Qwen 助手 /help', '/help'],
    ['@Qwen\u2005你好 吗', '你好 吗'],
    ['@Qwen 助手\u2005你好 吗', '你好 吗'],
    ['@小桥 /status', '/status'],
    ['@小桥', ''],
  ] as const)('leaves %j as %j', ([text, left]) => {
    expect(createMentionNames().strip(text)).toBe(left);
  });

  it('with blanks in its name is learned from several messages, and found wherever it stands', () => {
    const names = createMentionNames();
    for (const text of ['@Qwen 助手 一', '@Qwen 助手 二', '三 @Qwen 助手']) names.strip(text);
    expect(names.strip('@Qwen 助手 停止')).toBe('停止');
    expect(names.strip('请 @Qwen 助手 翻译')).toBe('请 翻译');
    expect(names.strip('@小明 @Qwen 助手 你好')).toBe('@小明 你好');
  });

  it('is learned anew when the bot gets another name', () => {
    const names = createMentionNames();
    for (const text of ['@A B 一', '@A B 二', '@A B 三', '@A B 四']) names.strip(text);
    expect(names.strip('@新名字 你好')).toBe('你好');
  });
});

describe('a message to the app', () => {
  const decodeXml = (inner: string): Decoded => {
    const xml = parseXml(
      `<xml><ToUserName>ww1</ToUserName><FromUserName>XiaoLi</FromUserName><CreateTime>1767225600</CreateTime>${inner}</xml>`,
    );
    if (xml === undefined) throw new Error('no XML');
    return decodeAppMessage(xml, receivedAt);
  };

  it('keeps its 64-bit id, and knows when it was sent', () => {
    const message = messageOf(
      decodeXml('<MsgType>text</MsgType><Content>你好</Content><MsgId>7400000000000000001</MsgId>'),
    );
    expect(message).toMatchObject({ eventKey: 'message:7400000000000000001', text: '你好' });
    expect(message.sentAt.getTime()).toBe(1_767_225_600_000);
  });

  it.for([
    ['image', '<MediaId>m1</MediaId>', { media: [{ mediaId: 'm1' }] }],
    ['voice', '<MediaId>m1</MediaId>', { unreadable: ['audio'] }],
    ['video', '', { unreadable: ['video'] }],
    ['location', '', { unreadable: ['location'] }],
    ['link', '<Title>标题</Title><Url>https://a.example</Url>', { text: '标题\nhttps://a.example' }],
    ['hologram', '', { unreadable: ['other'] }],
  ] as const)('of the kind %s is read as what it is', ([kind, inner, expected]) => {
    expect(messageOf(decodeXml(`<MsgType>${kind}</MsgType><MsgId>1</MsgId>${inner}`))).toMatchObject(
      expected,
    );
  });

  it('tells of who comes, once for each person', () => {
    const keys = ['subscribe', 'enter_agent'].map((event) =>
      decodeXml(`<MsgType>event</MsgType><Event>${event}</Event>`),
    );
    expect(keys).toMatchObject([
      { event: { type: 'joined', eventKey: 'entered:XiaoLi' } },
      { event: { type: 'joined', eventKey: 'entered:XiaoLi' } },
    ]);
    expect(decodeXml('<MsgType>event</MsgType><Event>LOCATION</Event>')).toHaveProperty('ignored');
  });
});
