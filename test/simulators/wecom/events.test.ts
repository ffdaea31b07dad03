import { afterEach, describe, expect, it } from 'vitest';
import type { WeComSimulatorOptions } from './options.ts';
import { askedStage, connectedStage, newestIn, verdict } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const asked = (options?: WeComSimulatorOptions) => askedStage(ends, options);

describe('events', () => {
  it('welcome a person once a day, within five seconds', async () => {
    const { sim, alice, bob, client, next, clock } = await connectedStage(ends);
    const chat = sim.directChat(alice).chatId;
    void sim.enterChat(alice);
    expect(sim.enterChat(alice)).toBeUndefined();
    const { frame, body } = await next();
    expect(body).toMatchObject({
      msgtype: 'event',
      from: { userid: 'XiaoLi' },
      event: { eventtype: 'enter_chat' },
    });
    const welcome = { msgtype: 'text', text: { content: '欢迎' } } as const;
    expect(await verdict(client.replyWelcome(frame, welcome))).toBe(0);
    expect(await verdict(client.replyWelcome(frame, welcome))).toBe(846605);
    expect(sim.messages(chat).map(({ text }) => text)).toEqual(['欢迎']);
    void sim.enterChat(bob);
    const late = await next();
    await clock.advance(5001);
    expect(await verdict(client.replyWelcome(late.frame, welcome))).toBe(846605);
  });

  const card = {
    card_type: 'button_interaction',
    main_title: { title: '选择' },
    task_id: 'task-1',
    button_list: [{ text: '重试', key: 'retry' }],
  };

  it.each([
    [
      'snake',
      { template_card_event: { card_type: 'button_interaction', event_key: 'retry', task_id: 'task-1' } },
    ],
    [
      'joined',
      { template_card_event: { cardtype: 'button_interaction', eventkey: 'retry', taskid: 'task-1' } },
    ],
    ['flat', { event_key: 'retry', task_id: 'task-1' }],
  ] as const)('tell of a pressed button in the %s spelling', async (cardEventSpelling, detail) => {
    const { sim, client, question, next, group, bob } = await asked({ rules: { cardEventSpelling } });
    await client.replyTemplateCard(question.frame, card);
    const message = newestIn(sim, group);
    expect(() => sim.press({ message, key: 'other', by: bob })).toThrow();
    void sim.press({ message, key: 'retry', by: bob });
    const { frame, body } = await next();
    expect(body['event']).toEqual({ eventtype: 'template_card_event', ...detail });
    expect(await verdict(client.updateTemplateCard(frame, { ...card, task_id: 'other' }))).toBe(40058);
    expect(await verdict(client.updateTemplateCard(frame, { ...card, button_list: [] }))).toBe(0);
    expect(sim.messages(group.chatId).at(-1)?.card).toMatchObject({
      json: { button_list: [] },
      earlier: [card],
    });
  });

  it('tell of a rating when the reply carried a feedback id', async () => {
    const { sim, client, question, next, group, alice } = await asked();
    await client.replyStream(question.frame, 's1', '答', true, undefined, { id: 'turn-7' });
    const message = newestIn(sim, group);
    void sim.rate({ message, by: alice, verdict: 'bad', content: '不对', reasons: [3] });
    expect((await next()).body['event']).toEqual({
      eventtype: 'feedback_event',
      feedback_event: { id: 'turn-7', type: 2, content: '不对', inaccurate_reason_list: [3] },
    });
  });
});
