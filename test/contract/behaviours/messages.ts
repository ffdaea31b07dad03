import { expect } from 'vitest';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import type { Said } from '../harness.ts';
import { bytesOf, found, messagesOf, never, stored, type Stage } from '../stage.ts';
import type { Behaviour } from './behaviour.ts';

/** What a person's message becomes. */
export const messageBehaviours: readonly Behaviour[] = [
  {
    name: 'tells who owns a group, or says that it cannot',
    applies: ({ groups }) => groups,
    async run(stage) {
      const instance = await stage.enter();
      const { groupOwnerLookup } = instance.adapter.capabilities;
      const said = { where: 'group', text: '@{bot} 谁是群主' } as const;
      const owner = await stage.hear(instance, { ...said, from: 'asker' });
      const other = await stage.hear(instance, { ...said, from: 'colleague' });
      const told = stage.settled(instance.adapter.ownerOf(other.place, never));
      if (groupOwnerLookup) expect(await told).toBe(owner.sender.key);
      else await expect(told).rejects.toMatchObject({ code: 'unsupported' });
    },
  },
  {
    name: 'gives one message one key however often it is delivered, and another message another key',
    async run({ harness, enter, until }) {
      const instance = await enter();
      const said = { where: 'direct', text: '同样的话' } as const;
      const sent = harness.say(said);
      await until(() => messagesOf(instance).length === 1, 'the message arrives');
      harness.redeliver(sent);
      await until(() => messagesOf(instance).length === 2, 'it arrives again');
      harness.redeliver(sent);
      await until(() => messagesOf(instance).length === 3, 'it arrives a third time');
      harness.say(said);
      await until(() => messagesOf(instance).length === 4, 'another message arrives');
      const [key, ...keys] = messagesOf(instance).map(({ eventKey }) => eventKey);
      expect(keys.slice(0, 2)).toEqual([key, key]);
      expect(keys[2]).not.toBe(key);
    },
  },
  {
    name: 'takes what is said in the direct chat as addressed, word for word, with sender, place and time',
    async run(stage) {
      const text = '第一行  有空格\n\n- 列表 `code` <b>&amp;</b> 😀';
      const at = stage.clock.now().getTime();
      const message = await stage.hear(await stage.enter(), { where: 'direct', text });
      expect(message).toMatchObject({ addressed: true, text, media: [], unreadable: [] });
      expect(message.quote).toBeUndefined();
      const { kind, adapter, platform, topic } = message.place;
      expect([kind, adapter, platform, topic]).toEqual([
        'direct',
        stage.first.id,
        stage.first.platform,
        undefined,
      ]);
      expect(message.place.chat).not.toBe('');
      expect(message.sender.key).not.toBe('');
      // Some platforms count in seconds.
      expect(Math.abs(message.sentAt.getTime() - at)).toBeLessThan(60_000);
    },
  },
  {
    name: 'takes what mentions the bot in a group as addressed, and leaves the mention out of the text',
    applies: ({ groups }) => groups,
    async run(stage) {
      const message = await stage.hear(await stage.enter(), { where: 'group', text: '@{bot} 你好 吗' });
      expect(message).toMatchObject({ addressed: true, text: '你好 吗', place: { kind: 'group' } });
    },
  },
  {
    name: 'takes what does not mention the bot in a group as not addressed',
    applies: ({ groups, hearsUnaddressed }) => groups && hearsUnaddressed,
    async run(stage) {
      const message = await stage.hear(await stage.enter(), { where: 'group', text: '大家好' });
      expect(message).toMatchObject({ addressed: false, text: '大家好' });
    },
  },
  {
    name: 'does not take a mention of everyone for a mention of the bot',
    applies: ({ groups, everyoneMention }) => groups && everyoneMention,
    async run({ harness, enter, idle, hear }) {
      const instance = await enter();
      harness.say({ where: 'group', text: '@{everyone} 开会了' });
      // Some platforms do not deliver it at all, which is as well.
      await idle();
      await hear(instance, { where: 'group', text: '@{bot} 几点' });
      const heard = messagesOf(instance).map(({ addressed, text }) => ({ addressed, text: text.slice(-2) }));
      expect(heard.filter(({ addressed }) => addressed)).toEqual([{ addressed: true, text: '几点' }]);
    },
  },
  {
    name: 'keeps the mention of another person readable',
    applies: ({ groups, colleagueMention }) => groups && colleagueMention !== undefined,
    async run(stage) {
      const { colleagueMention = '' } = stage.harness.traits;
      const message = await stage.hear(await stage.enter(), {
        where: 'group',
        text: '@{bot} 问问 @{colleague} 吧',
      });
      expect([message.addressed, message.text]).toEqual([true, `问问 ${colleagueMention} 吧`]);
    },
  },
  {
    name: 'tells people and places apart, and knows them again',
    async run(stage) {
      const { groups, topics } = stage.harness.traits;
      const instance = await stage.enter();
      const hear = (said: Said): Promise<InboundMessage> => stage.hear(instance, said);
      const direct = await hear({ where: 'direct', text: '一' });
      expect((await hear({ where: 'direct', text: '二' })).place).toEqual(direct.place);
      const other = await hear({ where: 'direct', from: 'colleague', text: '三' });
      expect(other.sender.key).not.toBe(direct.sender.key);
      expect(other.place.chat).not.toBe(direct.place.chat);
      if (!groups) return;
      const group = await hear({ where: 'group', text: '@{bot} 四' });
      expect(group.sender.key).toBe(direct.sender.key);
      expect(group.place.chat).not.toBe(direct.place.chat);
      expect(group.place.topic).toBeUndefined();
      if (!topics) return;
      const topic = await hear({ where: 'topic', text: '@{bot} 五' });
      const same = await hear({ where: 'topic', from: 'colleague', text: '@{bot} 六' });
      const another = await hear({ where: 'other-topic', text: '@{bot} 七' });
      expect(topic.place).toEqual({ ...group.place, topic: found(topic.place.topic, 'a topic') });
      expect(same.place).toEqual(topic.place);
      expect(another.place.topic).not.toBe(topic.place.topic);
    },
  },
  {
    name: 'brings pictures in their order, each with its own bytes',
    applies: ({ pictures }) => pictures.most > 0,
    async run(stage) {
      const { most, withWords } = stage.harness.traits.pictures;
      const pictures = [picture(1), picture(2), picture(3)].slice(0, most);
      const said = { where: 'direct', pictures, ...(withWords ? { text: '看图' } : {}) } as const;
      const { adapter, message } = await heard(stage, said);
      expect([message.text, message.unreadable, message.media.length]).toEqual([
        withWords ? '看图' : '',
        [],
        pictures.length,
      ]);
      for (const [index, ref] of message.media.entries()) {
        expect(await fetched(stage, adapter, ref)).toEqual(Buffer.from(pictures[index] ?? []));
      }
    },
  },
  {
    name: 'names what it cannot read',
    applies: ({ unreadable }) => unreadable.length > 0,
    async run(stage) {
      const instance = await stage.enter();
      const named: unknown[] = [];
      for (const unreadable of stage.harness.traits.unreadable) {
        const message = await stage.hear(instance, { where: 'direct', unreadable });
        named.push([message.unreadable, message.text, message.media]);
      }
      expect(named).toEqual(stage.harness.traits.unreadable.map((kind) => [[kind], '', []]));
    },
  },
  {
    name: 'fetches the words of a quoted message, which are not in the text',
    applies: ({ quotes }) => quotes !== 'none',
    async run(stage) {
      const instance = await stage.enter();
      const quote = stage.harness.say({ where: 'direct', text: '被引用的话' });
      await stage.until(() => messagesOf(instance).length === 1, 'the first message arrives');
      const message = await stage.hear(instance, { where: 'direct', text: '这是什么', quote });
      expect(message.text).toBe('这是什么');
      const ref = found(message.quote, 'a quote');
      const quoted = await stage.settled(instance.adapter.fetchQuote(ref, never));
      expect(quoted).toMatchObject({ author: 'person', text: '被引用的话', media: [], unreadable: [] });
    },
  },
  {
    name: 'fetches the pictures of a quoted message',
    applies: ({ quotes }) => quotes === 'words-and-pictures',
    async run(stage) {
      const instance = await stage.enter();
      const quote = stage.harness.say({ where: 'direct', pictures: [picture(7)] });
      await stage.until(() => messagesOf(instance).length === 1, 'the first message arrives');
      const message = await stage.hear(instance, { where: 'direct', text: '这是什么', quote });
      const { adapter } = instance;
      const quoted = await stage.settled(adapter.fetchQuote(found(message.quote, 'a quote'), never));
      expect(quoted.media.length).toBe(1);
      const ref = found(quoted.media[0], 'a picture');
      expect(await fetched(stage, adapter, ref)).toEqual(Buffer.from(picture(7)));
    },
  },
  {
    name: 'mints references that survive storage, and that another process understands',
    async run(stage) {
      const { pictures, quotes } = stage.harness.traits;
      const before = await stage.enter();
      const quote = stage.harness.say({ where: 'direct', text: '被引用的话' });
      await stage.until(() => messagesOf(before).length === 1, 'the first message arrives');
      const asked = await stage.hear(before, {
        where: 'direct',
        text: '这是什么',
        ...(quotes === 'none' ? {} : { quote }),
      });
      const shown = await stage.hear(before, {
        where: 'direct',
        pictures: [picture(3)].slice(0, pictures.most),
        text: pictures.withWords ? '看' : '',
      });
      for (const value of [asked.replyTarget, asked.quote, ...shown.media]) {
        if (value !== undefined) expect(stored(value)).toEqual(value);
      }
      const { adapter } = await stage.restart();
      if (asked.quote !== undefined) {
        const quoted = await stage.settled(adapter.fetchQuote(stored(asked.quote), never));
        expect(quoted.text).toBe('被引用的话');
      }
      for (const ref of shown.media) {
        expect(await fetched(stage, adapter, stored(ref))).toEqual(Buffer.from(picture(3)));
      }
      const target = stored(asked.replyTarget);
      const sink = await stage.open({ adapter, events: [] }, { target, key: 'turn-after-restart' });
      await stage.close(sink, { status: 'complete', snapshot: { markdown: '是引用', preview: '是引用' } });
      expect((await stage.reply()).text).toBe('是引用');
    },
  },
];

/** A PNG's first bytes, and some that are its own. */
function picture(number: number): Uint8Array {
  const start = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return Uint8Array.from([...start, ...Array.from({ length: 3000 }, (_, index) => (index * number) % 256)]);
}

async function heard(
  stage: Stage,
  said: Said,
): Promise<{ readonly adapter: Stage['first']; readonly message: InboundMessage }> {
  const instance = await stage.enter();
  return { adapter: instance.adapter, message: await stage.hear(instance, said) };
}

async function fetched(
  stage: Stage,
  adapter: Stage['first'],
  ref: InboundMessage['media'][number],
): Promise<Buffer> {
  const { stream } = await stage.settled(adapter.fetchMedia(ref, never));
  return stage.settled(bytesOf(stream));
}
