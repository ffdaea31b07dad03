import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  botOpenId,
  decode,
  decodedEvent,
  decodedMessage,
  envelope,
  mentionOfBot,
  messageEvent,
} from './support.ts';

describe('what is not for us', () => {
  it.each([
    ['a bot', messageEvent({}, { sender_type: 'bot' })],
    ['an app', messageEvent({}, { sender_type: 'app', sender_id: null })],
    ['this bot under another type', messageEvent({}, { sender_id: { open_id: botOpenId } })],
    ['the system', messageEvent({ message_type: 'system', content: '{"template":"x"}' })],
    ['nobody', messageEvent({}, { sender_id: null })],
    ['no message', envelope('im.message.receive_v1', {})],
    ['no chat', messageEvent({ chat_id: '' })],
    ['reading', envelope('im.message.message_read_v1', { message_id_list: ['om_1'] })],
    ['a reaction', envelope('im.message.reaction.created_v1', { message_id: 'om_1' })],
    ['an old event', { ts: '1', uuid: 'u', token: 't', type: 'event_callback', event: { type: 'message' } }],
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a type that is a property of every object', envelope('constructor', {})],
  ])('from %s is ignored', (_, raw) => {
    expect(decode(raw)).toEqual({ ignored: expect.any(String) as string });
  });

  it('never throws, whatever it is given (property)', () => {
    const types = [
      'im.message.receive_v1',
      'card.action.trigger',
      'im.message.recalled_v1',
      'im.chat.member.bot.added_v1',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.jsonValue({ maxDepth: 5 }), (type, event) => {
        const decoded = decode({ header: { event_type: type }, event });
        expect('event' in decoded || 'ignored' in decoded).toBe(true);
      }),
    );
  });

  it('never throws for any content of any kind (property)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('text', 'post', 'image', 'interactive'),
        fc.jsonValue({ maxDepth: 6 }),
        (kind, content) => {
          const message = decodedMessage({
            message_type: kind,
            content: JSON.stringify(content),
            mentions: [content, mentionOfBot],
          });
          expect(typeof message.text).toBe('string');
        },
      ),
    );
  });
});

describe('a press of a button', () => {
  const press = {
    operator: { tenant_key: 'tk_1', user_id: null, open_id: 'ou_asker', union_id: 'on_1' },
    token: 'c-1',
    action: { value: { id: 'b-77' }, tag: 'button', timezone: 'Asia/Shanghai' },
    host: 'im_message',
    context: { open_message_id: 'om_card', open_chat_id: 'oc_1' },
  };

  it('carries the button, the actor and the chat; the stricter kind, for the callback does not say which', () => {
    expect(decodedEvent(envelope('card.action.trigger', press, { create_time: '1700000000123456' }))).toEqual(
      {
        type: 'action',
        eventKey: 'action:5e3702a84e847582be8db7fb73283c02',
        place: { adapter: 'feishu', platform: 'feishu', tenant: 'tk_1', chat: 'oc_1', kind: 'group' },
        actor: { key: 'ou_asker' },
        button: 'b-77',
      },
    );
  });

  it('without an event id keeps one key for one press and another for the next', () => {
    const key = (token: string): unknown =>
      decodedEvent(envelope('card.action.trigger', { ...press, token }, { event_id: undefined }));
    expect(key('c-1')).toEqual(key('c-1'));
    expect(key('c-1')).not.toEqual(key('c-2'));
  });

  it.each([
    ['another card', { ...press, action: { value: { action: 'x' } } }],
    ['a value that is a string', { ...press, action: { value: 'b-77' } }],
    ['an id that cannot be ours', { ...press, action: { value: { id: 'x'.repeat(201) } } }],
    ['nobody', { ...press, operator: {} }],
    ['nowhere', { ...press, context: {} }],
  ])('of %s is ignored', (_, event) => {
    expect(decode(envelope('card.action.trigger', event))).toHaveProperty('ignored');
  });
});

describe('what happens to chats and messages', () => {
  const place = { adapter: 'feishu', platform: 'feishu', tenant: 'tk_1', chat: 'oc_1' };

  it('a recall names the message by the key it had', () => {
    const event = {
      message_id: 'om_1',
      chat_id: 'oc_1',
      recall_time: '1700000000000',
      recall_type: 'message_owner',
    };
    expect(decodedEvent(envelope('im.message.recalled_v1', event))).toEqual({
      type: 'recalled',
      eventKey: 'recalled:om_1',
      place: { ...place, kind: 'group' },
      message: decodedMessage({}).eventKey,
    });
  });

  it('being added to a group is joining it, each time anew', () => {
    const added = (id: string): unknown =>
      decodedEvent(envelope('im.chat.member.bot.added_v1', { chat_id: 'oc_1' }, { event_id: id }));
    expect(added('a')).toEqual({
      type: 'joined',
      eventKey: 'added:a',
      place: { ...place, kind: 'group' },
      address: { chatId: 'oc_1' },
    });
    expect(added('b')).not.toEqual(added('a'));
  });

  it('every opening of a direct chat is one and the same event', () => {
    const entered = (id: string): unknown =>
      decodedEvent(
        envelope(
          'im.chat.access_event.bot_p2p_chat_entered_v1',
          { chat_id: 'oc_1', last_message_id: 'om_9' },
          { event_id: id },
        ),
      );
    expect(entered('a')).toEqual({
      type: 'joined',
      eventKey: 'entered:oc_1',
      place: { ...place, kind: 'direct' },
      address: { chatId: 'oc_1' },
    });
    expect(entered('b')).toEqual(entered('a'));
  });

  it.each(['im.chat.member.bot.deleted_v1', 'im.chat.disbanded_v1'])('%s is a notice', (type) => {
    expect(decodedEvent(envelope(type, { chat_id: 'oc_1' }))).toEqual({
      type: 'notice',
      adapter: 'feishu',
      code: 'removed-from-chat',
      evidence: 'oc_1',
    });
  });
});
