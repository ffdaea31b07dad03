import { expect } from 'vitest';
import type { Admission } from '../../../src/contract/inbound.ts';
import { ended, endButtons, found, growing, messagesOf, never, stored, type Instance } from '../stage.ts';
import type { Behaviour } from './behaviour.ts';

const accepted: Admission = { outcome: 'accepted' };

/** When the platform is told that an event has arrived, and which other events there are. */
export const receivingBehaviours: readonly Behaviour[] = [
  {
    name: 'acknowledges a message once the inbox has stored it, not before, and then gets it no more',
    applies: ({ redelivers }) => redelivers,
    async run({ harness, enter, until, idle, pass }) {
      const storing = Promise.withResolvers<Admission>();
      const instance = await enter(() => storing.promise);
      const sent = harness.say({ where: 'direct', text: '在吗' });
      await until(() => messagesOf(instance).length === 1, 'the message arrives');
      await idle();
      expect(harness.acknowledged(sent)).not.toBe(true);
      storing.resolve(accepted);
      await until(() => harness.acknowledged(sent) === true, 'it is acknowledged');
      await pass(harness.redeliveryMs);
      expect(messagesOf(instance).length).toBe(1);
    },
  },
  {
    name: 'does not acknowledge what the inbox could not store, so that it comes again',
    applies: ({ redelivers }) => redelivers,
    async run({ harness, enter, until, pass }) {
      let times = 0;
      const instance = await enter(async () => {
        times += 1;
        if (times === 1) throw new Error('the disk is full');
        return accepted;
      });
      const sent = harness.say({ where: 'direct', text: '在吗' });
      await until(() => times === 1, 'the message arrives');
      await pass(harness.redeliveryMs);
      await until(() => harness.acknowledged(sent) === true, 'it arrives again and is acknowledged');
      const [one, again] = messagesOf(instance);
      expect(again?.eventKey).toBe(found(one, 'a message').eventKey);
    },
  },
  {
    name: 'when paused takes no events, but lets a reply grow to its end',
    async run(stage) {
      const { harness } = stage;
      const instance = await stage.enter();
      const sink = await stage.open(instance);
      await stage.settled(instance.adapter.pause());
      await stage.settled(instance.adapter.pause());
      const sent = harness.say({ where: 'direct', text: '还在吗' });
      await stage.idle();
      expect(messagesOf(instance).length).toBe(1);
      if (harness.traits.redelivers) expect(harness.acknowledged(sent)).not.toBe(true);
      await stage.update(sink, growing('还没'));
      await stage.close(sink, ended('还没完'));
      expect(await stage.reply()).toMatchObject({ text: '还没完', live: false });
    },
  },
  {
    name: 'when stopped takes no events',
    async run({ harness, enter, settled, idle }) {
      const instance = await enter();
      await settled(instance.adapter.stop());
      const sent = harness.say({ where: 'direct', text: '在吗' });
      await idle();
      expect([instance.events, harness.acknowledged(sent) ?? false]).toEqual([[], false]);
    },
  },
  {
    name: 'tells which message was recalled by the key that message had',
    applies: (_, { recallEvents }) => recallEvents,
    async run({ harness, enter, until }) {
      const instance = await enter();
      const sent = harness.say({ where: 'direct', text: '说错了' });
      await until(() => messagesOf(instance).length === 1, 'the message arrives');
      harness.recall(sent);
      await until(() => instance.events.length === 2, 'the recall arrives');
      const [message, recall] = instance.events;
      if (message?.type !== 'message' || recall?.type !== 'recalled') throw new Error('not a recall');
      expect([recall.message, recall.place.chat]).toEqual([message.eventKey, message.place.chat]);
      expect(recall.eventKey).not.toBe(message.eventKey);
    },
  },
  {
    name: 'brings a press back with the button’s id and the presser, shows the answer, and tells presses apart',
    applies: (_, { buttons }) => buttons,
    async run(stage) {
      const { harness, until } = stage;
      const instance = await stage.enter(async () => ({ outcome: 'accepted', toast: '知道了' }));
      const asked = await stage.ask(instance);
      const sink = await stage.open(instance, { target: asked.replyTarget });
      await stage.close(sink, ended('好的', { buttons: endButtons }));
      const shown = await stage.reply();
      expect(shown.buttons).toEqual(endButtons.map(({ label }) => label));
      const seen = await stage.settled(harness.press(shown, '重试', 'asker'));
      if (harness.traits.toasts) expect(seen).toBe('知道了');
      await stage.settled(harness.press(shown, '有用', 'asker'));
      await until(() => pressesOf(instance).length === 2, 'the presses arrive');
      const [one, other] = pressesOf(instance);
      expect([one?.button, other?.button]).toEqual(endButtons.map(({ id }) => id));
      expect(one?.actor.key).toBe(asked.sender.key);
      expect(one?.place.chat).toBe(asked.place.chat);
      expect(one?.eventKey).not.toBe(other?.eventKey);
    },
  },
  {
    name: 'lets a growing reply be stopped, also by somebody else in the group, and says who it was',
    applies: ({ groups, showsGrowth }, { buttons }) => groups && showsGrowth && buttons,
    async run(stage) {
      const { harness, until } = stage;
      const instance = await stage.enter();
      const { sender } = await stage.ask(instance);
      const asked = await stage.hear(instance, { where: 'group', text: '@{bot} 写首长诗' });
      const sink = await stage.open(instance, { target: asked.replyTarget });
      await stage.update(sink, growing('很久以前'));
      const shown = await stage.reply('group');
      await stage.settled(harness.press(shown, '停止', 'colleague'));
      await until(() => pressesOf(instance).length === 1, 'the press arrives');
      const [press] = pressesOf(instance);
      expect([press?.button, press?.place.chat]).toEqual(['turn1-stop', asked.place.chat]);
      expect(press?.actor.key).not.toBe(sender.key);
      await stage.close(sink, { ...ended('很久以前'), status: 'stopped' });
      expect(await stage.reply('group')).toMatchObject({ text: '很久以前', live: false, buttons: [] });
    },
  },
  {
    name: 'tells where it is welcome, and can write there, also from another process',
    applies: ({ joins }) => joins.length > 0,
    async run(stage) {
      const { harness, until } = stage;
      const before = await stage.enter();
      const { joins } = harness.traits;
      for (const where of joins) harness.join(where);
      await until(() => joinsOf(before).length === joins.length, 'the news arrives');
      const joined = joinsOf(before);
      expect(joined.map(({ place }) => place.kind)).toEqual(joins);
      const { adapter } = await stage.restart();
      for (const [index, { address }] of joined.entries()) {
        expect(stored(address)).toEqual(address);
        const words = { markdown: `你们好 ${index}`, preview: '你们好' };
        await stage.settled(adapter.send(stored(address), words, `welcome-${index}`, never));
        const shown = await stage.reply(joins[index]);
        expect([shown.text, shown.live]).toEqual([`你们好 ${index}`, false]);
      }
    },
  },
  {
    name: 'shows a message sent twice under one key once',
    applies: ({ joins, sendsOnce }) => joins.length > 0 && sendsOnce,
    async run(stage) {
      const { harness, until } = stage;
      const instance = await stage.enter();
      const where = found(harness.traits.joins[0], 'a place');
      harness.join(where);
      await until(() => joinsOf(instance).length === 1, 'the news arrives');
      const { address } = found(joinsOf(instance)[0], 'news');
      const words = { markdown: '你们好', preview: '你们好' };
      await stage.settled(instance.adapter.send(address, words, 'welcome-1', never));
      await stage.settled(instance.adapter.send(address, words, 'welcome-1', never));
      expect((await stage.reply(where)).text).toBe('你们好');
    },
  },
  {
    name: 'writes to a group without being asked, where it says so',
    applies: ({ groups }) => groups,
    async run(stage) {
      const before = await stage.enter();
      const { place } = await stage.hear(before, { where: 'group', text: '@{bot} 在吗' });
      const address = before.adapter.addressOfGroup(stored(place.chat));
      expect(address !== undefined).toBe(stage.harness.traits.writesToGroups);
      if (address === undefined) return;
      expect(stored(address)).toEqual(address);
      const { adapter } = await stage.restart();
      const words = { markdown: '今晚八点维护', preview: '今晚八点维护' };
      await stage.settled(adapter.send(stored(address), words, 'broadcast-1', never));
      const shown = await stage.reply('group');
      expect([shown.text, shown.live]).toEqual(['今晚八点维护', false]);
      expect(await stage.harness.replies('direct')).toEqual([]);
      expect(stage.harness.refused()).toEqual([]);
    },
  },
];

function pressesOf({ events }: Instance) {
  return events.filter((event) => event.type === 'action');
}

function joinsOf({ events }: Instance) {
  return events.filter((event) => event.type === 'joined');
}
