import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { DingTalkSimulatorOptions } from './options.ts';
import type { SaidMessage } from './people.ts';
import { plainClient, setStage, type PlainClient, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Talk = Stage & { readonly client: PlainClient; say(text?: string): SaidMessage };

async function talk(options?: DingTalkSimulatorOptions): Promise<Talk> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  const { sim, alice } = set;
  const client = await plainClient(sim);
  const chat = sim.directChat(alice);
  const say = (text = 'hi') => sim.say({ chat, from: alice, said: { kind: 'text', text } });
  return { ...set, client, say };
}

describe('a push', () => {
  it('comes in a frame whose data is JSON as text and whose time is text', async () => {
    const { sim, client, say, clock } = await talk();
    const { message } = say();
    const frame = await client.frame(0);
    expect(frame).toEqual({
      specVersion: '1.0',
      type: 'CALLBACK',
      headers: {
        topic: '/v1.0/im/bot/messages/get',
        contentType: 'application/json',
        messageId: expect.stringMatching(/^[0-9a-f]{8}_[0-9a-f]{4}_[0-9a-f]{11}_[0-9a-f]{7}$/),
        time: String(clock.now().getTime()),
        appId: sim.app.unifiedAppId,
        connectionId: sim.connections()[0]?.id,
      },
      data: JSON.stringify(sim.pushed(message)),
    });
  });

  it('is settled by its acknowledgement, whose delay is recorded', async () => {
    const { client, say, clock, sim } = await talk();
    const { deliveries, message } = say();
    const frame = await client.frame(0);
    await clock.advance(250);
    client.acknowledge(frame);
    const delivery = await deliveries[0];
    expect(delivery).toMatchObject({ state: 'acknowledged', msgId: message.msgId });
    expect(delivery?.attempts).toMatchObject([{ outcome: 'acknowledged', acknowledgedAfterMs: 250 }]);
    await clock.advance(120_000);
    expect(client.frames.filter(({ type }) => type === 'CALLBACK')).toHaveLength(1);
    expect(sim.deliveries()).toHaveLength(1);
  });

  it('comes once more after 60 s without an acknowledgement, in a new frame with the same msgId', async () => {
    const { client, say, clock } = await talk({ rules: { pingIntervalMs: Infinity } });
    const { deliveries } = say();
    const first = await client.frame(0);
    await clock.advance(60_000);
    const second = await client.frame(1);
    expect(second.data).toBe(first.data);
    expect(second.headers['messageId']).not.toBe(first.headers['messageId']);
    client.acknowledge(second);
    expect((await deliveries[0])?.attempts.map(({ outcome }) => outcome)).toEqual([
      'unacknowledged',
      'acknowledged',
    ]);
  });

  it('comes again when it was acknowledged with an error', async () => {
    const { client, say, clock } = await talk({ rules: { pingIntervalMs: Infinity } });
    const { deliveries } = say();
    client.acknowledge(await client.frame(0), 500);
    await expect.poll(() => client.frames.length).toBe(1);
    await clock.settle();
    await clock.advance(60_000);
    client.acknowledge(await client.frame(1));
    expect((await deliveries[0])?.state).toBe('acknowledged');
  });

  it('comes only once where the rules deny redelivery', async () => {
    const { client, say, clock } = await talk({ rules: { redelivery: 'never', pingIntervalMs: Infinity } });
    const { deliveries } = say();
    await client.frame(0);
    await clock.advance(60_000);
    expect((await deliveries[0])?.state).toBe('given-up');
    expect(client.frames).toHaveLength(1);
  });

  it('goes to a connection chosen at random, and its second attempt to any that is left', async () => {
    const { sim, client, say, clock } = await talk({ rules: { pingIntervalMs: Infinity } });
    const other = await plainClient(sim);
    for (let count = 0; count < 20; count += 1) say();
    await expect.poll(() => client.frames.length + other.frames.length).toBe(20);
    expect(client.frames.length).toBeGreaterThan(0);
    expect(other.frames.length).toBeGreaterThan(0);
    other.socket.terminate();
    await expect.poll(() => sim.connections().length).toBe(1);
    const before = client.frames.length;
    await clock.advance(60_000);
    await expect.poll(() => client.frames.length).toBe(before + 20);
  });

  it('can be sent to one connection; its second attempt then goes to any', async () => {
    const { sim, client, alice, clock } = await talk({ rules: { pingIntervalMs: Infinity } });
    const other = await plainClient(sim);
    const [, second] = sim.connections();
    const said = { kind: 'text', text: 'hi' } as const;
    const chat = sim.directChat(alice);
    sim.say({ chat, from: alice, said, ...(second === undefined ? {} : { connection: second }) });
    await other.frame(0);
    second?.drop();
    await sim.connected(1, AbortSignal.timeout(5000));
    await clock.advance(60_000);
    await client.frame(0);
  });

  it('goes nowhere when nobody is subscribed', async () => {
    const { sim } = await talk();
    const { attempts, state } = await sim.event('user_add_org', {});
    expect([state, attempts[0]?.outcome]).toEqual(['given-up', 'no-connection']);
  });

  it('can be repeated although it was acknowledged', async () => {
    const { sim, client, say } = await talk();
    const { message } = say();
    client.acknowledge(await client.frame(0));
    void sim.redeliver(message);
    expect((await client.frame(1)).data).toBe((await client.frame(0)).data);
  });
});

describe('a ping', () => {
  it('carries an opaque text, and counts as answered when that comes back', async () => {
    const { sim, client } = await talk();
    const [connection] = sim.connections();
    const answered = connection?.ping();
    const frame = await client.frame(0);
    expect(frame).toMatchObject({ type: 'SYSTEM', headers: { topic: 'ping' } });
    expect(frame.specVersion).toBeUndefined();
    client.acknowledge(frame, 200, JSON.parse(frame.data));
    expect(await answered).toBe(true);
    const wrong = connection?.ping();
    client.acknowledge(await client.frame(1), 200, { opaque: 'other' });
    expect(await wrong).toBe(false);
    expect(connection?.pings()).toEqual({ sent: 2, answered: 1 });
  });

  it('comes every minute, and two without an answer end the connection only where the rules say so', async () => {
    const strict = await talk({ rules: { unansweredPings: 'closed' } });
    await strict.clock.advance(120_000);
    expect(strict.sim.connections()).toHaveLength(1);
    await strict.clock.advance(60_000);
    await expect.poll(() => strict.sim.connections().length).toBe(0);
    const tolerant = await talk();
    await tolerant.clock.advance(600_000);
    expect(tolerant.sim.connections()[0]?.pings()).toEqual({ sent: 10, answered: 0 });
  });
});

describe('a disconnect frame', () => {
  it('has no message id, and is followed by silence and after 10 s by the end of TCP', async () => {
    const { sim, client, say, clock } = await talk();
    const closed = once(client.socket, 'close');
    sim.connections()[0]?.disconnect();
    const frame = await client.frame(0);
    expect(frame).toMatchObject({ type: 'SYSTEM', data: '{"reason":"connection is expired"}' });
    expect(frame.headers['messageId']).toBeUndefined();
    const { deliveries } = say();
    expect((await deliveries[0])?.attempts[0]?.outcome).toBe('lost');
    const pong = once(client.socket, 'pong');
    client.socket.ping();
    await pong;
    await clock.advance(9_999);
    expect(sim.connections()).toHaveLength(1);
    await clock.advance(1);
    expect((await closed)[0]).toBe(1006);
    expect(client.frames).toHaveLength(1);
  });

  it('sends everything to a second connection once that is open', async () => {
    const { sim, client, say } = await talk();
    sim.connections()[0]?.disconnect();
    const other = await plainClient(sim);
    for (let count = 0; count < 10; count += 1) say();
    await expect.poll(() => other.frames.length).toBe(10);
    expect(client.frames).toHaveLength(1);
  });

  it('still takes the acknowledgement of what came before it', async () => {
    const { sim, client, say } = await talk();
    const { deliveries } = say();
    const frame = await client.frame(0);
    sim.connections()[0]?.disconnect();
    client.acknowledge(frame);
    expect((await deliveries[0])?.state).toBe('acknowledged');
  });

  it('is the last frame of its connection', async () => {
    const { sim, client, clock } = await talk({ rules: { keepaliveFrameMs: 1000, pingIntervalMs: 1000 } });
    const [connection] = sim.connections();
    connection?.disconnect();
    connection?.disconnect();
    void connection?.ping();
    await clock.advance(9_000);
    const pong = once(client.socket, 'pong');
    client.socket.ping();
    await pong;
    expect(client.frames).toHaveLength(1);
    // Only the one that was asked for by hand.
    expect(connection?.pings().sent).toBe(1);
  });

  it('needs no answer, and records one', async () => {
    const { sim, client } = await talk({ rules: { disconnectHasMessageId: true } });
    const [connection] = sim.connections();
    connection?.disconnect();
    client.acknowledge(await client.frame(0));
    await expect.poll(() => connection?.disconnectAcknowledged()).toBe(true);
    expect(sim.connections()).toHaveLength(1);
  });

  it('ends the connection when answered, where the rules say so', async () => {
    const { sim, client } = await talk({ rules: { disconnectAcknowledgement: 'closes' } });
    sim.connections()[0]?.disconnect();
    client.acknowledge(await client.frame(0));
    await once(client.socket, 'close');
    expect(sim.connections()).toHaveLength(0);
  });
});

describe('a connection', () => {
  it('can stay open without reading or sending, and what it was given comes again elsewhere', async () => {
    const { sim, client, say, clock } = await talk({ rules: { pingIntervalMs: Infinity } });
    const [dead] = sim.connections();
    dead?.halfOpen();
    let pongs = 0;
    client.socket.on('pong', () => (pongs += 1));
    client.socket.ping();
    const { deliveries } = say();
    await clock.settle();
    expect([client.frames.length, pongs, client.socket.readyState]).toEqual([0, 0, client.socket.OPEN]);
    const other = await plainClient(sim);
    dead?.drop();
    await clock.advance(60_000);
    other.acknowledge(await other.frame(0));
    expect((await deliveries[0])?.state).toBe('acknowledged');
  });

  it('can be dropped, closed in order, and sent what is no frame', async () => {
    const { sim, client } = await talk();
    sim.connections()[0]?.sendRaw('{"type":');
    await expect.poll(() => client.unreadable).toEqual(['{"type":']);
    const second = await plainClient(sim);
    sim.connections()[1]?.kick();
    expect((await once(second.socket, 'close'))[0]).toBe(1000);
    const third = await plainClient(sim);
    sim.connections().at(-1)?.drop();
    expect((await once(third.socket, 'close'))[0]).toBe(1006);
  });

  it('counts frames of the client that answer nothing', async () => {
    const { sim, client, say } = await talk();
    const { deliveries } = say();
    const frame = await client.frame(0);
    client.acknowledge(frame);
    await deliveries[0];
    client.acknowledge(frame);
    client.socket.send('no JSON');
    await expect.poll(() => sim.connections()[0]?.strayFrames()).toBe(2);
  });

  it('gets the frames only the SDK knows where the rules say so', async () => {
    const rules = { connectedFrame: true, registeredFrame: 'always', keepaliveFrameMs: 20_000 } as const;
    const { client, clock } = await talk({ rules });
    await clock.advance(40_000);
    await expect.poll(() => client.frames.length).toBe(4);
    expect(client.frames.map(({ headers }) => headers['topic'])).toEqual([
      'CONNECTED',
      'REGISTERED',
      'KEEPALIVE',
      'KEEPALIVE',
    ]);
  });
});
