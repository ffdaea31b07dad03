import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../feishu/json.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import type { SayOptions } from './people.ts';
import type { Quote } from './quotes.ts';
import type { Said } from './said.ts';
import { groupCard, setStage, streamed, type Stage } from './test-support.ts';
import type { SimMessage } from './world-types.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Talk = Stage & {
  /** The JSON the bot is given for what Alice says to it. */
  direct(said: Said, more?: Partial<SayOptions>): JsonObject;
  inGroup(said: Said, more?: Partial<SayOptions>): JsonObject;
};

async function talk(options?: DingTalkSimulatorOptions): Promise<Talk> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  const { sim, alice, group } = set;
  const hear = (more: SayOptions): JsonObject => sim.pushed(sim.say(more).message);
  return {
    ...set,
    direct: (said, more) => hear({ chat: sim.directChat(alice), from: alice, said, ...more }),
    inGroup: (said, more) => hear({ chat: group, from: alice, said, ...more }),
  };
}

const picture = { bytes: Buffer.from('picture') };

describe('what every message carries', () => {
  it('names chat, sender and reply address, which is good for 90 minutes', async () => {
    const { sim, clock, group, alice, inGroup } = await talk();
    const nowMs = clock.now().getTime();
    const message = inGroup({ kind: 'text', text: '@{bot} hi' });
    expect(message).toMatchObject({
      conversationId: group.conversationId,
      conversationType: '2',
      conversationTitle: '研发组',
      atUsers: [{ dingtalkId: sim.app.botUserId }],
      isInAtList: true,
      chatbotCorpId: sim.app.corpId,
      chatbotUserId: sim.app.botUserId,
      senderNick: '小丽',
      senderStaffId: alice.staffId,
      senderId: alice.senderId,
      isAdmin: false,
      robotCode: sim.app.robotCode,
      createAt: nowMs,
      sessionWebhookExpiredTime: nowMs + 5_400_000,
    });
    expect(message['conversationId']).toMatch(/^cid/);
    expect(message['msgId']).toMatch(/^msg.*==$/);
    expect(message['sessionWebhook']).toMatch(/\/robot\/sendBySession\?session=[0-9a-f]{32}$/);
  });

  it('omits in direct chats what only groups have', async () => {
    const { direct } = await talk();
    const message = direct({ kind: 'text', text: 'hi' });
    expect(message['conversationType']).toBe('1');
    expect(message['conversationId']).toMatch(/^cid/);
    for (const name of ['atUsers', 'isInAtList', 'conversationTitle'])
      expect(message).not.toHaveProperty(name);
    const seen = direct({ kind: 'text', text: 'hi' }, { form: { directInAtList: true } });
    expect(seen['isInAtList']).toBe(true);
  });

  it('has no staff id for external people, for older robots, or before the app is published', async () => {
    const { sim, group, inGroup, direct } = await talk();
    const guest = sim.addPerson({ name: 'Guest', external: true });
    const text: Said = { kind: 'text', text: '@{bot} hi' };
    expect(inGroup(text, { from: guest, chat: group })).not.toHaveProperty('senderStaffId');
    const older = direct(text, { form: { robot: 'older' } });
    expect(older).not.toHaveProperty('senderStaffId');
    expect(older).not.toHaveProperty('robotCode');
    sim.console.published = false;
    expect(direct(text)).not.toHaveProperty('isAdmin');
  });

  it('can have its times as text, or any member replaced', async () => {
    const { direct } = await talk({ rules: { timesAs: 'string' } });
    const form = { members: { conversationType: '9' } };
    const message = direct({ kind: 'text', text: 'hi' }, { form, sentMs: 1_700_000_000_000 });
    expect(message).toMatchObject({ createAt: '1700000000000', conversationType: '9' });
  });
});

describe('groups', () => {
  it('push only what mentions the bot, and hold no voice, video or file', async () => {
    const { sim, group, alice } = await talk();
    const say = (said: Said) => sim.say({ chat: group, from: alice, said }).deliveries.length;
    expect(say({ kind: 'text', text: 'among us' })).toBe(0);
    expect(say({ kind: 'text', text: '@{bot} you' })).toBe(1);
    expect(() => say({ kind: 'file', file: picture })).toThrow('in a group');
    group.botPresent = false;
    expect(say({ kind: 'text', text: '@{bot} you' })).toBe(0);
  });

  it('push a picture that was sent with a mention', async () => {
    const { inGroup } = await talk();
    expect(inGroup({ kind: 'picture', picture }, { atBot: true })['msgtype']).toBe('picture');
  });
});

describe('bodies', () => {
  it('drop every name from text, and list who was meant', async () => {
    const { inGroup, bob } = await talk();
    const message = inGroup({ kind: 'text', text: `@{bot} ask @{${bob.staffId ?? ''}} please` });
    expect(message['text']).toEqual({ content: ' ask  please' });
    expect(message['atUsers']).toContainEqual({ dingtalkId: bob.senderId, staffId: bob.staffId });
  });

  it('keep the names in rich text as plain runs, beside pictures, mentions and emoji', async () => {
    const { inGroup, bob } = await talk();
    const items = [
      { type: 'text', text: '@{bot}' },
      { type: 'text', text: '\n' },
      { type: 'picture', picture },
      { type: 'at', person: bob },
      { type: 'emoji', name: '忍者' },
    ] as const;
    const downloadCode = expect.any(String);
    expect(inGroup({ kind: 'richText', items })['content']).toEqual({
      richText: [
        { text: '@Qwen' },
        { text: '\n' },
        { type: 'picture', downloadCode, pictureDownloadCode: downloadCode },
        { type: 'at', atName: 'Bob', atUserId: bob.senderId },
        { type: 'emoji', text: '[忍者]' },
      ],
    });
  });

  it('of voice carry what was recognised, with a duration in one of the live forms', async () => {
    const said: Said = { kind: 'audio', audio: picture, durationMs: 4000, recognition: '你好' };
    const numbers = await talk();
    expect(numbers.direct(said)['content']).toMatchObject({ duration: 4000, recognition: '你好' });
    const texts = await talk({ rules: { durationAs: 'seconds-string' } });
    expect(texts.direct(said)['content']).toMatchObject({ duration: '4' });
  });

  it('of files, videos, unknown kinds and forwarded chats have their own members', async () => {
    const { direct } = await talk();
    expect(direct({ kind: 'file', file: { ...picture, name: 'a.pdf' } })['content']).toMatchObject({
      fileName: 'a.pdf',
      spaceId: expect.stringMatching(/^\d+$/),
    });
    expect(direct({ kind: 'video', video: picture, durationMs: 1 })['content']).toMatchObject({
      videoType: 'mp4',
    });
    expect(direct({ kind: 'unknown', unknownMsgType: 'location' })).toMatchObject({
      msgtype: 'unknownMsgType',
      content: { unknownMsgType: 'location' },
      ai_robot_sessionid: '',
    });
    const lines = ['first', { unknown: 'picture' }];
    const { content } = direct({ kind: 'chatRecord', title: '聊天记录', lines }) as {
      content: { chatRecord: string };
    };
    expect(JSON.parse(content.chatRecord)).toEqual([
      { msgType: 'text', content: 'first' },
      { msgType: 'unknownMsgType', content: { unknownMsgType: 'picture' } },
    ]);
  });

  it('may come as JSON text, or in any shape at all', async () => {
    const { direct } = await talk({ rules: { contentAs: 'json-string' } });
    expect(direct({ kind: 'picture', picture })['content']).toEqual(expect.stringContaining('downloadCode'));
    const raw = direct({ kind: 'raw', msgtype: 'markdown', body: { markdown: { text: '#' } } });
    expect(raw).toMatchObject({ msgtype: 'markdown', markdown: { text: '#' } });
  });

  it('are replaced by an error code once the pushes of the month are used up', async () => {
    const { direct, sim, clock } = await talk({ limits: { pushesPerMonth: 1 } });
    expect(direct({ kind: 'text', text: 'one' })).toHaveProperty('text');
    const over = direct({ kind: 'text', text: 'two' });
    expect(over).toMatchObject({ errorCode: 20001, errorMessage: expect.any(String) });
    expect(over).not.toHaveProperty('text');
    expect(sim.usage()).toMatchObject({ month: '2026-11', pushes: 2 });
    await clock.advance(31 * 86_400_000);
    expect(direct({ kind: 'text', text: 'three' })).toHaveProperty('text');
  });
});

describe('quotes', () => {
  const reply: Said = { kind: 'text', text: 'about that' };

  async function quoting(options?: DingTalkSimulatorOptions) {
    const set = await talk(options);
    const chat = set.sim.directChat(set.alice);
    const say = (said: Said): SimMessage => set.sim.say({ chat, from: set.alice, said }).message;
    const quote = (message: SimMessage, shape?: Quote['shape']): JsonObject =>
      set.direct(reply, { quote: { message, ...(shape === undefined ? {} : { shape }) } });
    return { ...set, say, quote };
  }

  it('hold the text in one of the two members seen live', async () => {
    const content = await quoting();
    const original = content.say({ kind: 'text', text: 'first' });
    expect(content.quote(original)).toMatchObject({
      originalMsgId: original.msgId,
      text: {
        content: 'about that',
        isReplyMsg: true,
        repliedMsg: {
          msgType: 'text',
          msgId: original.msgId,
          senderId: content.alice.senderId,
          content: { content: 'first' },
        },
      },
    });
    const text = await quoting({ rules: { quotedTextMember: 'text' } });
    const { repliedMsg } = text.quote(text.say({ kind: 'text', text: 'first' }))['text'] as JsonObject;
    expect(repliedMsg).toMatchObject({ content: { text: 'first' } });
  });

  it('hold rich text, pictures and files under their own names', async () => {
    const { say, quote } = await quoting();
    const items = [
      { type: 'text', text: 'see' },
      { type: 'picture', picture },
    ] as const;
    expect(quote(say({ kind: 'richText', items }))['text']).toMatchObject({
      repliedMsg: {
        content: {
          richText: [
            { msgType: 'text', content: 'see' },
            { msgType: 'picture', downloadCode: expect.any(String) },
          ],
        },
      },
    });
    expect(quote(say({ kind: 'picture', picture }))['text']).toMatchObject({
      repliedMsg: { msgType: 'picture', content: { downloadCode: expect.any(String) } },
    });
    const file = say({ kind: 'file', file: { ...picture, name: 'a.pdf' } });
    expect(quote(file)['text']).toMatchObject({ repliedMsg: { content: { fileName: 'a.pdf' } } });
    expect(quote(file, 'unknown')['text']).toMatchObject({
      repliedMsg: { msgType: 'unknownMsgType', content: { unknownMsgType: 'file' } },
    });
    expect(quote(file, 'id-only')['text']).toEqual({ content: 'about that', isReplyMsg: true });
  });

  it('of the bot’s card hold nothing, a tree, or its variables; the key of its delivery always', async () => {
    const { sim, group, alice, call, quote } = await quoting();
    sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} why?' } });
    const { json } = await call('POST', '/v1.0/card/instances/createAndDeliver', groupCard(sim, group));
    await call('PUT', '/v1.0/card/streaming', streamed('because'));
    const { deliverResults } = json['result'] as { deliverResults: { carrierId: string }[] };
    const [place] = sim.card('track-1')?.places ?? [];
    const card = sim.message(place?.msgId ?? '')!;
    const bare = quote(card);
    expect(bare['originalProcessQueryKey']).toBe(deliverResults[0]?.carrierId);
    expect(bare['text']).toMatchObject({ repliedMsg: { msgType: 'interactiveCard' } });
    expect((bare['text'] as { repliedMsg: object }).repliedMsg).not.toHaveProperty('content');
    expect(quote(card, 'card-tree')['text']).toMatchObject({
      repliedMsg: {
        content: {
          cardContent: {
            children: [
              {
                children: [
                  { elementType: 'UNKNOWN', value: '@Qwen why?' },
                  { elementType: 'TEXT', value: 'because' },
                ],
              },
            ],
          },
        },
      },
    });
    expect(quote(card, 'card-parameters')['text']).toMatchObject({
      repliedMsg: { content: { cardData: { cardParamMap: { content: 'because' } } } },
    });
  });
});
