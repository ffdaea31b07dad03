import * as lark from '@larksuiteoapi/node-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import type { FeishuSimulatorOptions } from './options.ts';
import type { PressOutcome } from './interactions.ts';
import {
  button,
  cardWith,
  markdown,
  quiet,
  setStage,
  type PushedEvent,
  type PushHandler,
  type Stage,
} from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const value = { action: 'stop', sid: 's1' };

/** A connected official client with this callback handler, and a sent card with a stop button. */
async function stage(
  onPress: PushHandler,
  options?: FeishuSimulatorOptions,
  config = { streaming_mode: true },
) {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  const { appId, appSecret } = set.sim.app;
  const client = new lark.WSClient({ appId, appSecret, domain: set.sim.url, logger: quiet });
  ends.push(() => client.close({ force: true }));
  await client.start({
    eventDispatcher: new lark.EventDispatcher({ logger: quiet }).register({ 'card.action.trigger': onPress }),
  });
  await set.sim.connected(1, AbortSignal.timeout(5000));
  const { cardId, messageId } = await set.sendCard(
    cardWith([markdown('…'), button('停止', 'btn_stop', value)], config),
  );
  const press = () =>
    set.sim.press({ message: set.sim.message(messageId)!, button: { label: '停止' }, by: set.alice });
  return { ...set, cardId, messageId, press };
}

const stream = (set: Stage & { cardId: string }, sequence: number) =>
  set.call('PUT', `/open-apis/cardkit/v1/cards/${set.cardId}/elements/md_1/content`, {
    content: 'x',
    sequence,
  });

describe('a pressed button', () => {
  it('reaches the handler with its value, its presser and its place, and shows the toast', async () => {
    const events: PushedEvent[] = [];
    const set = await stage((event) => {
      events.push(event);
      return { toast: { type: 'success', content: '已停止' } };
    });
    expect(await set.press()).toEqual({
      code: 0,
      card: 'unchanged',
      toast: { type: 'success', content: '已停止' },
    });
    expect(events[0]).toMatchObject({
      operator: { open_id: set.alice.openId },
      action: { value, tag: 'button' },
      context: { open_message_id: set.messageId, open_chat_id: set.group.chatId },
      host: 'im_message',
    });
    expect(events[0]?.create_time).toMatch(/^\d{16}$/);
    await expect(
      set.sim.press({ message: set.sim.message(set.messageId)!, button: { label: '没有' }, by: set.alice }),
    ).rejects.toThrow();
  });

  it('locks the card until its callback is answered', async () => {
    let answer = (): void => undefined;
    const set = await stage(() => new Promise((resolve) => (answer = () => resolve({}))));
    const pressed = set.press();
    await expect.poll(() => String(answer)).toContain('resolve');
    expect((await stream(set, 1)).code).toBe(200810);
    answer();
    expect((await pressed).code).toBe(0);
    expect((await stream(set, 1)).code).toBe(0);
  });

  it.each<[string, PushHandler, Partial<PressOutcome>]>([
    [
      '200671 for a handler that throws',
      () => {
        throw new Error('no');
      },
      { code: 200671 },
    ],
    ['200672 for no answer at all', () => undefined, { code: 200672 }],
    [
      '200673 for a card that breaks the rules',
      () => ({ card: { type: 'raw', data: { ...cardWith([{ tag: 'note' }]) } } }),
      { code: 200673 },
    ],
    [
      '200830 for a card of schema 1.0',
      () => ({ card: { type: 'raw', data: { elements: [] } } }),
      { code: 200830 },
    ],
    [
      'the new card',
      () => ({ card: { type: 'raw', data: cardWith([markdown('done')], {}) } }),
      { code: 0, card: 'replaced' },
    ],
  ])('shows %s', async (_, handler, outcome) => {
    const set = await stage(handler, {}, { streaming_mode: false });
    expect(await set.press()).toMatchObject(outcome);
    expect(set.sim.card(set.cardId)?.markdown).toBe(outcome.card === 'replaced' ? 'done' : '…');
  });

  it('cannot replace a card that is being streamed', async () => {
    const set = await stage(() => ({ card: { type: 'raw', data: cardWith([markdown('done')]) } }));
    expect(await set.press()).toEqual({ code: 0, card: 'ignored' });
    expect(set.sim.card(set.cardId)?.markdown).toBe('…');
  });

  it('shows 200341 when nobody answers within 3 s, as when the callback comes in a frame the SDK drops', async () => {
    const calls: unknown[] = [];
    const set = await stage((event) => calls.push(event), { rules: { cardCallbackFrame: 'card' } });
    const pressed = set.press();
    await expect.poll(() => set.clock.sleeping()).toBeGreaterThan(0);
    await set.clock.advance(3000);
    expect(await pressed).toEqual({ code: 200341, card: 'unchanged' });
    expect(calls).toEqual([]);
  });

  it('shows 200340 when no client is connected', async () => {
    const set = await stage(() => ({}));
    set.sim.connections()[0]?.drop();
    await expect.poll(() => set.sim.connections().length).toBe(0);
    expect((await set.press()).code).toBe(200340);
  });

  it('may be answered late, twice within half an hour, but only after the callback', async () => {
    const tokens: string[] = [];
    const set = await stage(
      (event) => {
        tokens.push(event.token);
        return {};
      },
      {},
      { streaming_mode: false },
    );
    const update = async (token: string) =>
      (
        await set.call('POST', '/open-apis/interactive/v1/card/update', {
          token,
          card: cardWith([markdown('later')], {}),
        })
      ).code;
    await set.press();
    expect(await update('x')).toBe(300020);
    expect(await update('c-unknown')).toBe(300030);
    expect([await update(tokens[0]!), await update(tokens[0]!), await update(tokens[0]!)]).toEqual([
      0, 0, 300040,
    ]);
    expect(set.sim.card(set.cardId)?.markdown).toBe('later');
  });
});
