import { setTimeout as pause } from 'node:timers/promises';
import * as lark from '@larksuiteoapi/node-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import type { FeishuSimulatorOptions } from './options.ts';
import type { FeishuSimulator } from './simulator.ts';
import { quiet, setStage, type PushedEvent, type PushHandler, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function stage(options?: FeishuSimulatorOptions): Promise<Stage> {
  const set = await setStage({ clientConfig: { ReconnectNonce: 0, ReconnectInterval: 1 }, ...options });
  ends.push(() => set.sim.stop());
  return set;
}

/** Opens a long connection with the official client; `onMessage` handles `im.message.receive_v1`. */
async function connect(
  sim: FeishuSimulator,
  onMessage: PushHandler,
  more: Record<string, PushHandler> = {},
): Promise<lark.WSClient> {
  const { appId, appSecret } = sim.app;
  const client = new lark.WSClient({
    appId,
    appSecret,
    domain: sim.url,
    logger: quiet,
    wsConfig: { pingTimeout: 1 },
  });
  ends.push(() => client.close({ force: true }));
  const handlers: Record<string, PushHandler> = { 'im.message.receive_v1': onMessage, ...more };
  const eventDispatcher = new lark.EventDispatcher({ logger: quiet }).register(handlers);
  const open = sim.connections().length;
  await client.start({ eventDispatcher });
  await sim.connected(open + 1, AbortSignal.timeout(5000));
  return client;
}

describe('the long connection, driven by the official client', () => {
  it('delivers a message with its mentions as placeholders and counts the acknowledgement', async () => {
    const { sim, group, alice, bob } = await stage();
    const received: PushedEvent[] = [];
    await connect(sim, (event) => void received.push(event));
    const text = `@{bot} 请问 @{${bob.openId}} 在吗`;
    const { message, deliveries } = sim.say({ chat: group, from: alice, said: { kind: 'text', text } });

    expect((await deliveries[0])?.state).toBe('acknowledged');
    expect(received).toHaveLength(1);
    expect(received[0]?.message).toMatchObject({
      message_id: message.messageId,
      chat_id: group.chatId,
      chat_type: 'group',
      message_type: 'text',
    });
    expect(JSON.parse(received[0]?.message.content ?? '')).toEqual({ text: '@_user_1 请问 @_user_2 在吗' });
    expect(received[0]?.message.mentions.map((mention) => [mention.key, mention.id.open_id])).toEqual([
      ['@_user_1', sim.app.botOpenId],
      ['@_user_2', bob.openId],
    ]);
    expect(received[0]?.sender.sender_id.open_id).toBe(alice.openId);
    expect(received[0]?.token).toBe('');
  });

  it('delivers an event cut into frames in the middle of characters', async () => {
    const { sim, group, alice } = await stage();
    const texts: string[] = [];
    await connect(sim, (event) => void texts.push(JSON.parse(event.message.content).text));
    const { deliveries } = sim.say({
      chat: group,
      from: alice,
      said: { kind: 'text', text: '@{bot} 你好，世界' },
      chunks: 97,
    });
    expect((await deliveries[0])?.state).toBe('acknowledged');
    expect(texts).toEqual(['@_user_1 你好，世界']);
  });

  it('pushes again after 15 s, 5 min, 1 h and 6 h while the handler fails, then gives up', async () => {
    const { sim, group, alice, clock } = await stage();
    const eventIds: string[] = [];
    await connect(sim, (event) => {
      eventIds.push(event.event_id);
      throw new Error('not stored');
    });
    const { deliveries } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });
    for (const [attempts, waitMs] of [
      [1, 15_000],
      [2, 300_000],
      [3, 3_600_000],
      [4, 21_600_000],
    ] as const) {
      await until(() => sim.deliveries()[0]?.attempts.length === attempts);
      await clock.settle();
      await clock.advance(waitMs - 1);
      expect(sim.deliveries()[0]?.attempts).toHaveLength(attempts);
      await clock.advance(1);
    }
    const delivery = await deliveries[0];
    expect(delivery?.state).toBe('given-up');
    expect(delivery?.attempts.map(({ outcome }) => outcome)).toEqual(Array(5).fill('refused'));
    expect(new Set(eventIds).size).toBe(1);
  });

  it('counts an acknowledgement after 3 s as none and pushes the event again', async () => {
    const { sim, group, alice, clock } = await stage();
    const answers: (() => void)[] = [];
    await connect(sim, () => new Promise<void>((resolve) => answers.push(resolve)));
    const { deliveries } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });
    await until(() => answers.length === 1);
    await clock.advance(3000);
    await until(() => sim.deliveries()[0]?.attempts.length === 1);
    answers[0]?.();
    await clock.advance(15_000);
    await until(() => answers.length === 2);
    answers[1]?.();
    expect((await deliveries[0])?.attempts.map(({ outcome }) => outcome)).toEqual([
      'timeout',
      'acknowledged',
    ]);
  });

  it('gives each event to one of several connections, not to all', async () => {
    const { sim, group, alice } = await stage({ seed: 7 });
    const counts = [0, 0];
    await connect(sim, () => void (counts[0]! += 1));
    await connect(sim, () => void (counts[1]! += 1));
    for (let index = 0; index < 20; index += 1) {
      await sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } }).deliveries[0];
    }
    expect(counts[0]! + counts[1]!).toBe(20);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it('repeats a message under the same message id, with the same or a new event id', async () => {
    const { sim, group, alice } = await stage();
    const seen: string[][] = [];
    await connect(sim, (event) => void seen.push([event.message.message_id, event.event_id]));
    const { message, deliveries } = sim.say({
      chat: group,
      from: alice,
      said: { kind: 'text', text: '@{bot} hi' },
      copies: 2,
    });
    await Promise.all(deliveries);
    await sim.redeliver(message, { newEventId: true });
    expect(new Set(seen.map(([messageId]) => messageId))).toEqual(new Set([message.messageId]));
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[2]?.[1]).not.toBe(seen[0]?.[1]);
  });

  it('stays silent about group messages that mention neither the bot nor everyone', async () => {
    const { sim, group, alice, bob } = await stage();
    const plain = sim.say({ chat: group, from: alice, said: { kind: 'text', text: `@{${bob.openId}} hi` } });
    const direct = sim.say({
      chat: sim.directChat(alice),
      from: alice,
      said: { kind: 'text', text: 'hi' },
      push: 'never',
    });
    expect([plain.deliveries, direct.deliveries]).toEqual([[], []]);
    expect(sim.messages(group.chatId)).toHaveLength(1);
  });

  it('lets the client come back after a dropped, a kicked and a half-open connection, and after a garbage frame', async () => {
    const { sim, group, alice } = await stage({
      clientConfig: { ReconnectNonce: 0, ReconnectInterval: 1, PingInterval: 1 },
    });
    const texts: string[] = [];
    await connect(sim, (event) => void texts.push(event.message.message_id));
    for (const fail of [
      'drop',
      'kick',
      'halfOpen',
      'sendGarbage',
      'sendMalformedFragment',
      'omitPongs',
    ] as const) {
      const before = sim.connections()[0];
      before?.[fail]();
      const survives = fail === 'sendGarbage' || fail === 'sendMalformedFragment';
      if (!survives)
        await until(() => sim.connections().some(({ id, ready }) => id !== before?.id && ready()));
      if (!survives) await until(() => !sim.connections().some(({ id }) => id === before?.id));
      const { deliveries } = sim.say({
        chat: group,
        from: alice,
        said: { kind: 'text', text: `@{bot} ${fail}` },
      });
      expect((await deliveries[0])?.attempts[0]?.outcome, fail).toBe('acknowledged');
    }
    expect(texts).toHaveLength(6);
  });

  it('refuses a wrong secret for good, and for ever in silence when its error has no data', async () => {
    const { sim } = await stage();
    const errors: string[] = [];
    const wrong = { appId: sim.app.appId, appSecret: 'wrong', domain: sim.url, logger: quiet };
    const client = new lark.WSClient({ ...wrong, onError: (error) => errors.push(error.message) });
    ends.push(() => client.close({ force: true }));
    await client.start({ eventDispatcher: new lark.EventDispatcher({ logger: quiet }) });
    await until(() => errors.length > 0);
    expect(errors[0]).toContain('code=514');
    expect(client.getConnectionStatus().state).toBe('failed');

    const bare = await stage({ rules: { endpointErrorHasData: false } });
    const other = new lark.WSClient({
      ...wrong,
      appId: bare.sim.app.appId,
      domain: bare.sim.url,
      onError: (error) => errors.push(error.message),
    });
    ends.push(() => other.close({ force: true }));
    await other.start({ eventDispatcher: new lark.EventDispatcher({ logger: quiet }) });
    await until(() => bare.sim.calls().length > 0);
    expect(errors).toHaveLength(1);
    expect(other.getConnectionStatus().state).not.toBe('failed');
  });

  it('admits no more connections than the cap', async () => {
    const { sim } = await stage({ limits: { connections: 1 } });
    await connect(sim, () => undefined);
    const errors: string[] = [];
    const { appId, appSecret } = sim.app;
    const second = new lark.WSClient({
      appId,
      appSecret,
      domain: sim.url,
      logger: quiet,
      onError: (error) => errors.push(error.message),
    });
    ends.push(() => second.close({ force: true }));
    await second.start({ eventDispatcher: new lark.EventDispatcher({ logger: quiet }) });
    await until(() => errors.length > 0);
    expect(errors[0]).toContain('1000040350');
  });

  it('tells of recalls, reactions, reads and of the bot coming and going', async () => {
    const { sim, group, alice } = await stage();
    const seen: PushedEvent[] = [];
    const kinds = [
      'im.message.recalled_v1',
      'im.message.reaction.created_v1',
      'im.message.reaction.deleted_v1',
      'im.message.message_read_v1',
    ];
    const more = [
      'im.chat.member.bot.added_v1',
      'im.chat.member.bot.deleted_v1',
      'im.chat.access_event.bot_p2p_chat_entered_v1',
    ];
    const handlers = Object.fromEntries(
      [...kinds, ...more].map((kind) => [kind, (event: PushedEvent) => void seen.push(event)]),
    );
    await connect(sim, () => undefined, handlers);
    const { message } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: 'hi' } });
    await sim.react(message, alice, 'THUMBSUP');
    await sim.unreact(message, message.reactions[0]!);
    await sim.read([message], alice);
    await sim.recall(message);
    await sim.removeBot(group, alice);
    await sim.addBot(group, alice);
    await sim.enterDirectChat(alice);
    expect(seen.map(({ event_type }) => event_type).toSorted()).toEqual([...kinds, ...more].toSorted());
    expect(seen.find(({ event_type }) => event_type === 'im.message.reaction.created_v1')).not.toHaveProperty(
      'chat_id',
    );
    expect(seen.find(({ event_type }) => event_type === 'im.message.recalled_v1')?.message_id).toBe(
      message.messageId,
    );
  });
});

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('waited in vain');
    await pause(5);
  }
}
