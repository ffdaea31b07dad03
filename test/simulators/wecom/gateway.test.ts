import { WSClient } from '@wecom/aibot-node-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, framesOf, quiet, setStage, verdict, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const stage = (...options: [Parameters<typeof setStage>[1]?]): Promise<Stage> => setStage(ends, ...options);

/** A client that tries to subscribe; gives the first error it reports. */
function refusedClient({ sim }: Stage, login: { botId?: string; secret?: string }): Promise<string> {
  const { botId, botSecret } = sim.corp;
  const client = new WSClient({ botId, secret: botSecret, wsUrl: sim.wsUrl, logger: quiet, ...login });
  ends.push(() => client.disconnect());
  return new Promise((resolve) => {
    client.on('error', (error) => resolve(error.message));
    client.connect();
  });
}

const hello = { kind: 'text', text: '@{bot} hi' } as const;

describe('subscribing', () => {
  it('is refused for a wrong secret and for an unknown bot', async () => {
    const set = await stage();
    expect(await refusedClient(set, { secret: 'wrong' })).toContain('853000');
    expect(await refusedClient(set, { botId: 'aibOther' })).toContain('93019');
    expect(set.sim.refused().map(({ code }) => code)).toEqual(expect.arrayContaining([853000, 93019]));
  });

  it('may never be answered: the client is open, yet hears nothing', async () => {
    const set = await stage();
    const { sim, group, alice, clock } = set;
    sim.frameFault('aibot_subscribe', { kind: 'lost' });
    const { botId, botSecret: secret } = sim.corp;
    const client = new WSClient({ botId, secret, wsUrl: sim.wsUrl, logger: quiet });
    ends.push(() => client.disconnect());
    client.connect();
    await expect.poll(() => sim.calls().length).toBe(1);
    const { deliveries } = sim.say({ chat: group, from: alice, said: hello });
    expect((await deliveries[0])?.state).toBe('lost');
    await clock.advance(3_600_000);
    expect(client.isConnected).toBe(true);
  });

  it('ends the connection before, with an event that says why', async () => {
    const set = await stage();
    const old = await connect(set);
    const events = framesOf(old);
    const gone = new Promise<string>((resolve) => old.once('disconnected', resolve));
    const young = await connect(set);
    expect((await events.next()).body).toEqual({
      msgid: expect.any(String),
      create_time: expect.any(Number),
      aibotid: set.sim.corp.botId,
      msgtype: 'event',
      event: { eventtype: 'disconnected_event' },
    });
    await gone;
    const { next } = framesOf(young);
    set.sim.say({ chat: set.group, from: set.alice, said: hello });
    expect((await next()).body).toMatchObject({ msgtype: 'text' });
    await expect.poll(() => set.sim.connections().length).toBe(1);
  });

  it('is impossible while the bot is set to webhook, which also ends the connection there is', async () => {
    const set = await stage();
    const client = await connect(set);
    const gone = new Promise<string>((resolve) => client.once('disconnected', resolve));
    set.sim.useBotWebhook('http://127.0.0.1:9/callback');
    await gone;
    expect(await refusedClient(set, {})).toContain('93019');
  });
});

describe('a connection in trouble', () => {
  it('is noticed by the official client when pings go unanswered', async () => {
    const set = await stage();
    const client = await connect(set, { heartbeatInterval: 20 });
    const gone = new Promise<string>((resolve) => client.once('disconnected', resolve));
    set.sim.frameFault('ping', { kind: 'lost' }, 1000);
    await gone;
  });

  it('is noticed when it is only half open', async () => {
    const set = await stage();
    const client = await connect(set, { heartbeatInterval: 20 });
    const { all } = framesOf(client);
    const gone = new Promise<string>((resolve) => client.once('disconnected', resolve));
    set.sim.connections()[0]?.halfOpen();
    set.sim.say({ chat: set.group, from: set.alice, said: hello });
    await gone;
    expect(all).toEqual([]);
  });

  it('survives text that is no frame', async () => {
    const set = await stage();
    const client = await connect(set);
    const { next } = framesOf(client);
    set.sim.connections()[0]?.sendRaw('{"cmd":');
    set.sim.say({ chat: set.group, from: set.alice, said: hello });
    expect((await next()).body).toMatchObject({ msgtype: 'text' });
  });

  it('comes back by itself after it was cut, and after the platform refused connections', async () => {
    const set = await stage();
    const client = await connect(set, { reconnectInterval: 5 });
    set.sim.refuseConnections(503);
    set.sim.connections()[0]?.drop();
    await new Promise<number>((resolve) => client.once('reconnecting', resolve));
    set.sim.refuseConnections(undefined);
    await expect
      .poll(() => set.sim.connections().some((one) => one.subscribed()), { timeout: 10_000 })
      .toBe(true);
  });

  it('answers 846609 once the platform has forgotten it, while pings pass', async () => {
    const set = await stage();
    const client = await connect(set);
    const { next } = framesOf(client);
    set.sim.say({ chat: set.group, from: set.alice, said: hello });
    const { frame } = await next();
    set.sim.connections()[0]?.setSubscribed(false);
    expect(await verdict(client.replyStream(frame, 's1', 'hi', true))).toBe(846609);
    expect(await verdict(client.reply({ headers: { req_id: 'x1' } }, {}, 'ping'))).toBe(0);
  });

  it('is closed when it says nothing for too long, where that is a rule', async () => {
    const set = await stage({ limits: { silenceMs: 60_000 } });
    const client = await connect(set);
    const gone = new Promise<string>((resolve) => client.once('disconnected', resolve));
    await set.clock.advance(59_999);
    expect(set.sim.connections()).toHaveLength(1);
    await set.clock.advance(1);
    await gone;
  });
});

describe('faults of single frames', () => {
  async function asked() {
    const set = await stage();
    const client = await connect(set);
    const { next } = framesOf(client);
    set.sim.say({ chat: set.group, from: set.alice, said: hello });
    const { frame } = await next();
    const shown = () => set.sim.messages(set.group.chatId)[1]?.text;
    return { ...set, client, frame, shown };
  }

  it('refuse it without an effect, or swallow it behind a good answer', async () => {
    const { sim, client, frame, shown } = await asked();
    sim.frameFault('aibot_respond_msg', { kind: 'code', code: -1 });
    expect(await verdict(client.replyStream(frame, 's1', '一'))).toBe(-1);
    sim.frameFault('aibot_respond_msg', { kind: 'swallow' });
    expect(await verdict(client.replyStream(frame, 's1', '一二'))).toBe(0);
    expect(shown()).toBeUndefined();
    expect(sim.calls().at(-1)).toMatchObject({ code: 0, fault: 'swallow', unseen: 'fault' });
  });

  it('cut the connection before or after the effect', async () => {
    for (const kind of ['drop-before', 'drop-after'] as const) {
      const { sim, client, frame, shown } = await asked();
      sim.frameFault('aibot_respond_msg', { kind });
      await expect(client.replyStream(frame, 's1', '一')).rejects.toThrow();
      expect(shown()).toBe(kind === 'drop-after' ? '一' : undefined);
      expect(sim.refused()).toMatchObject([{ api: 'aibot_respond_msg', code: -1, fault: kind }]);
    }
  });

  it('let an acknowledgement come late, twice or never', async () => {
    const { sim, clock, client, frame, shown } = await asked();
    sim.frameFault('aibot_respond_msg', { kind: 'late-ack', milliseconds: 4000 });
    const late = client.replyStream(frame, 's1', '一');
    await expect.poll(shown).toBe('一');
    expect(client.hasPendingReplyAck(frame)).toBe(true);
    await clock.advance(4000);
    expect(await verdict(late)).toBe(0);
    sim.frameFault('aibot_respond_msg', { kind: 'duplicate-ack' });
    expect(await verdict(client.replyStream(frame, 's1', '一二'))).toBe(0);
    sim.frameFault('aibot_respond_msg', { kind: 'no-ack' });
    const never = client.replyStream(frame, 's1', '一二三', true);
    await expect.poll(shown).toBe('一二三');
    expect(client.hasPendingReplyAck(frame)).toBe(true);
    client.disconnect();
    await expect(never).rejects.toThrow();
  });
});
