import { describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { decodeMessage } from '../../../adapters/dingtalk/decode/message.ts';
import { never, until } from '../shared/waiting.ts';
import { ended, growing, opening, stage, text, wordsOf } from './support.ts';

const picture = { bytes: Buffer.from('picture') };

describe('a message', () => {
  it('names chat, sender, tenant and time, and is addressed', async () => {
    const { hear, sim, group, alice, clock } = await stage();
    const message = await hear({ said: text('@{bot} 你好 吗') });
    expect(message).toMatchObject({
      addressed: true,
      text: '你好 吗',
      sender: { key: alice.staffId, name: '小丽' },
      place: {
        adapter: 'dingtalk',
        platform: 'dingtalk',
        tenant: sim.app.corpId,
        chat: group.conversationId,
        kind: 'group',
      },
      media: [],
      unreadable: [],
      sentAt: clock.now(),
    });
    expect(message.forgeable).toBeUndefined();
    expect(message.quote).toBeUndefined();
  });

  it('keeps one key for all deliveries, which another message and another robot do not share', async () => {
    const { hear, sim, events } = await stage();
    const first = await hear({ said: text('@{bot} 一'), copies: 2 });
    await until(() => events.length === 2);
    const other = await hear({ said: text('@{bot} 一') });
    const keys = events.map((event) => ('eventKey' in event ? event.eventKey : ''));
    expect(keys).toEqual([first.eventKey, first.eventKey, other.eventKey]);
    expect(first.eventKey).toContain(sim.app.robotCode);
  });

  it('knows people from outside by the only id they have', async () => {
    const { hear, guest } = await stage();
    const message = await hear({ from: guest, said: text('@{bot} 你好') });
    expect(message.sender).toEqual({ key: guest.senderId, name: '客人' });
  });

  it('is understood from older robots, with times as text, and in a direct chat that looks like a group', async () => {
    const { hear, sim, alice, clock } = await stage({ rules: { timesAs: 'string' } });
    const chat = sim.directChat(alice);
    const form = { robot: 'older', directInAtList: true } as const;
    const message = await hear({ chat, said: text('你好'), form });
    expect(message).toMatchObject({
      addressed: true,
      sender: { key: alice.senderId },
      place: { kind: 'direct' },
      sentAt: clock.now(),
    });
    expect(message.eventKey).toContain(sim.app.clientId);
  });

  it('keeps the indentation of code and drops blanks around a line', async () => {
    const { hear, sim, alice } = await stage();
    const chat = sim.directChat(alice);
    expect((await hear({ chat, said: text('  你好  ') })).text).toBe('你好');
    expect((await hear({ chat, said: text('\n\n    if x:\n        y\n') })).text).toBe(
      '    if x:\n        y',
    );
  });

  it('brings pictures in the order of a rich text, without the mention of the bot', async () => {
    const { hear, adapter, settled, alice, bob } = await stage({ rules: { contentAs: 'json-string' } });
    const message = await hear({
      said: {
        kind: 'richText',
        items: [
          { type: 'text', text: '@{bot}' },
          { type: 'text', text: ' 看' },
          { type: 'picture', picture },
          { type: 'text', text: '\n' },
          { type: 'at', person: bob },
          { type: 'emoji', name: '微笑' },
          { type: 'picture', picture: { bytes: Buffer.from('another') } },
        ],
      },
      from: alice,
    });
    expect(message.text).toBe('看\n@Bob [微笑]');
    const bytes = await Promise.all(
      message.media.map(async (ref) => {
        const { stream } = await settled(adapter.fetchMedia(ref, never));
        return wordsOf(stream);
      }),
    );
    expect(bytes).toEqual(['picture', 'another']);
  });

  it('leaves the first mention out of a rich text whose words follow it', async () => {
    const { hear } = await stage();
    const items = [{ type: 'text', text: '@{bot} /status 现在' }] as const;
    expect((await hear({ said: { kind: 'richText', items } })).text).toBe('/status 现在');
  });

  it('brings a picture alone, and the words of a voice message', async () => {
    const { hear, sim, alice } = await stage();
    const chat = sim.directChat(alice);
    const alone = await hear({ chat, said: { kind: 'picture', picture } });
    expect([alone.text, alone.media.length, alone.unreadable]).toEqual(['', 1, []]);
    const audio = { kind: 'audio', audio: picture, durationMs: 4000 } as const;
    const heard = await hear({ chat, said: { ...audio, recognition: '明天几点开会' } });
    expect([heard.text, heard.unreadable]).toEqual(['明天几点开会', []]);
    const unheard = await hear({ chat, said: audio });
    expect([unheard.text, unheard.unreadable]).toEqual(['', ['audio']]);
  });

  it('names what nobody can read', async () => {
    const { hear, sim, alice } = await stage();
    const chat = sim.directChat(alice);
    const said = [
      [{ kind: 'file', file: { ...picture, name: 'a.pdf' } }, 'file'],
      [{ kind: 'video', video: picture, durationMs: 5000 }, 'video'],
      [{ kind: 'chatRecord', title: '聊天记录', lines: ['你好'] }, 'forwarded'],
      [{ kind: 'unknown', unknownMsgType: 'location' }, 'other'],
      [{ kind: 'raw', msgtype: 'richText', body: { content: 7 } }, 'other'],
      [{ kind: 'raw', msgtype: 'picture', body: {} }, 'other'],
    ] as const;
    for (const [what, kind] of said) {
      const message = await hear({ chat, said: what });
      expect([message.unreadable, message.text, message.media]).toEqual([[kind], '', []]);
    }
  });

  it('is acknowledged once it is stored and not before, and comes again when it could not be stored', async () => {
    const storing = Promise.withResolvers<undefined>();
    let times = 0;
    const { sim, group, alice, clock } = await stage({
      inbox: async () => {
        times += 1;
        if (times === 1) throw new Error('the disk is full');
        await storing.promise;
        return { outcome: 'accepted' };
      },
    });
    const [delivered] = sim.say({ chat: group, from: alice, said: text('@{bot} 嗯') }).deliveries;
    await until(() => times === 1);
    await clock.advance(59_000);
    expect(times).toBe(1);
    await clock.advance(2_000);
    await until(() => times === 2);
    expect(sim.deliveries()[0]?.state).toBe('pending');
    storing.resolve(undefined);
    expect(await delivered).toMatchObject({ state: 'acknowledged', attempts: [{}, {}] });
  });

  it.each(['errorCode', 'errCode'] as const)(
    'of a month that is used up is a notice, and health says so (%s)',
    async (member) => {
      const { sim, group, alice, events, adapter } = await stage({
        rules: { pushQuotaMembers: member },
        limits: { pushesPerMonth: 0 },
      });
      sim.say({ chat: group, from: alice, said: text('@{bot} 嗯') });
      await until(() => events.length === 1);
      expect(events).toEqual([
        { type: 'notice', adapter: 'dingtalk', code: 'pushes-exceeded', evidence: 'push 20001' },
      ]);
      expect(adapter.health()).toMatchObject({ state: 'up', detail: expect.stringContaining('20001') });
    },
  );
});

describe('a quoted message', () => {
  it.each(['text', 'content'] as const)(
    'brings its words, in either member (%s)',
    async (quotedTextMember) => {
      const { hear, sim, adapter, bob, group } = await stage({ rules: { quotedTextMember } });
      const { message } = sim.say({ chat: group, from: bob, said: text('@{bot} 被引用的话'), push: 'never' });
      const asked = await hear({ said: text('@{bot} 这是什么'), quote: { message } });
      expect(asked.text).toBe('这是什么');
      expect(await quoteOf(adapter, asked)).toEqual({
        author: 'person',
        text: '被引用的话',
        media: [],
        unreadable: [],
      });
    },
  );

  it('brings its pictures and the words beside them', async () => {
    const { hear, sim, adapter, bob, group, settled } = await stage();
    const items = [
      { type: 'text', text: '看这里' },
      { type: 'picture', picture },
    ] as const;
    const said = { kind: 'richText', items } as const;
    const { message } = sim.say({ chat: group, from: bob, said, push: 'never' });
    const quoted = await quoteOf(adapter, await hear({ said: text('@{bot} 嗯'), quote: { message } }));
    expect(quoted).toMatchObject({ text: '看这里', unreadable: [] });
    const { stream } = await settled(adapter.fetchMedia(quoted.media[0] as never, never));
    expect(await wordsOf(stream)).toBe('picture');
  });

  it('is the bot’s own card, whose words the event does not hold', async () => {
    const { hear, sim, adapter, group, settled, shown } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 诗') })), never));
    await settled(sink.update(() => growing('床前'), 'first', never));
    await settled(sink.close(ended('床前明月光'), never));
    const message = sim.message(shown(group)[0]?.msgId ?? '');
    if (message === undefined) throw new Error('no card');
    const asked = await hear({ said: text('@{bot} 谁写的'), quote: { message } });
    expect(await quoteOf(adapter, asked)).toEqual({
      author: 'self',
      text: '床前明月光',
      media: [],
      unreadable: [],
    });
    const tree = await hear({ said: text('@{bot} 嗯'), quote: { message, shape: 'card-tree' } });
    expect(tree.quote).toHaveProperty('text', expect.stringContaining('床前明月光'));
    // The tree also holds the earlier prompt.
    expect(tree.quote).toHaveProperty('text', expect.not.stringContaining('@'));
  });

  it.each([
    ['unknown', 'other'],
    ['id-only', 'other'],
    ['no-content', 'other'],
  ] as const)('that cannot be read is said to be there (%s)', async (shape, kind) => {
    const { hear, sim, adapter, bob, group } = await stage();
    const said = { kind: 'picture', picture } as const;
    const { message } = sim.say({ chat: group, from: bob, said, push: 'never' });
    const asked = await hear({ said: text('@{bot} 嗯'), quote: { message, shape } });
    const quoted = await quoteOf(adapter, asked);
    expect([quoted.text, quoted.media, quoted.unreadable]).toEqual(['', [], [kind]]);
  });
});

describe('decoding', () => {
  const context = {
    clientId: 'dingclient',
    receivedAt: new Date('2026-11-20T08:00:00Z'),
    forgeable: false,
    allowsSession: () => true,
  };

  it('survives whatever comes', () => {
    const strange = [undefined, null, 7, 'x', [], {}, { msgId: 1 }, { msgId: 'a', conversationId: {} }];
    for (const raw of strange) expect(decodeMessage(raw, context)).toHaveProperty('ignored');
    const deep = {
      msgId: 'm',
      conversationId: 'c',
      senderId: 's',
      msgtype: 'text',
      text: { repliedMsg: [] },
    };
    expect(decodeMessage(deep, context)).toHaveProperty('event.text', '');
  });

  it('does not answer itself', () => {
    const raw = { msgId: 'm', conversationId: 'c', senderId: 'bot', chatbotUserId: 'bot' };
    expect(decodeMessage(raw, context)).toEqual({ ignored: 'sent by this bot' });
  });

  it('reads `content` at the top, as one documented sample has it', () => {
    const raw = { msgId: 'm', conversationId: 'c', senderId: 's', msgtype: 'text', content: ' 你好' };
    expect(decodeMessage(raw, context)).toHaveProperty('event.text', '你好');
  });
});

async function quoteOf(adapter: Awaited<ReturnType<typeof stage>>['adapter'], { quote }: InboundMessage) {
  if (quote === undefined) throw new Error('nothing is quoted');
  return adapter.fetchQuote(JSON.parse(JSON.stringify(quote)) as typeof quote, never);
}
