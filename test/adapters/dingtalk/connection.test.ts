import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TOPIC_CARD, TOPIC_ROBOT, DWClient } from 'dingtalk-stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { createRecordedLog } from '../shared/recorded-log.ts';
import { until } from '../shared/waiting.ts';
import { createAdapter, stage, text, type Stage } from './support.ts';

const opened = ({ sim }: Stage): number => sim.calls().filter(({ api }) => api === 'gateway.open').length;

describe('the Stream connection', () => {
  it('asks for robot messages and card callbacks and nothing else, whatever other clients ask for', async () => {
    // The SDK keeps its default subscriptions in one list that all clients share and add to.
    new DWClient({ clientId: 'a', clientSecret: 'b' }).registerCallbackListener(
      '/v1.0/other',
      () => undefined,
    );
    const { sim } = await stage();
    expect(sim.registrations().map(({ subscriptions }) => subscriptions)).toEqual(
      Array.from({ length: 2 }, () => [
        { type: 'CALLBACK', topic: TOPIC_ROBOT },
        { type: 'CALLBACK', topic: TOPIC_CARD },
      ]),
    );
  });

  it('answers pings of the platform', async () => {
    const { sim } = await stage();
    for (const connection of sim.connections()) expect(await connection.ping()).toBe(true);
  });

  it('opens the next connection before the old one closes, and lets that end by itself', async () => {
    const { sim, settled, adapter, clock } = await stage();
    const [old] = sim.connections();
    old?.disconnect();
    await settled(until(() => sim.connections().length === 3));
    expect(sim.connections()).toContain(old);
    expect(adapter.health()).toMatchObject({ state: 'up', reconnects: 0 });
    await clock.advance(10_000);
    await until(() => sim.connections().length === 2);
    expect(sim.connections()).not.toContain(old);
  });

  it('loses no message and delivers none twice while 200 connections are sent away', async () => {
    const { sim, clock, group, alice, events } = await stage();
    const gapsMs: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const staying = sim.connections().filter((connection) => !connection.leaving());
      staying[round % staying.length]?.disconnect();
      const at = clock.now().getTime();
      sim.say({ chat: group, from: alice, said: text(`@{bot} ${round}`) });
      await passUntil(clock, 200, () => sim.connections().filter((one) => !one.leaving()).length === 2);
      gapsMs.push(clock.now().getTime() - at);
      await until(() => events.length === round + 1);
    }
    expect(events.map((event) => (event.type === 'message' ? event.text : ''))).toEqual(
      Array.from({ length: 200 }, (_, round) => `${round}`),
    );
    expect(sim.deliveries().every(({ attempts }) => attempts.length <= 1)).toBe(true);
    expect(gapsMs.sort((one, other) => one - other)[198]).toBeLessThan(3_000);
  }, 60_000);

  it('heals half-open connections within 90 seconds', async () => {
    const { sim, clock, hear } = await stage();
    const dead = sim.connections();
    for (const connection of dead) connection.halfOpen();
    const at = clock.now().getTime();
    const alive = () => sim.connections().filter((connection) => !dead.includes(connection));
    await passUntil(clock, 1_000, () => alive().length === 2);
    expect(clock.now().getTime() - at).toBeLessThan(90_000);
    for (const connection of alive()) await hear({ said: text('@{bot} 还在吗'), connection });
  });

  it('keeps a quiet connection that answers', async () => {
    const { sim, clock } = await stage({ rules: { pingIntervalMs: Infinity } });
    const before = sim.connections();
    const at = clock.now().getTime();
    await passUntil(clock, 5_000, () => clock.now().getTime() - at >= 300_000);
    expect(sim.connections()).toEqual(before);
  });

  it('survives frames that cannot be read, and goes on with the next message', async () => {
    const { sim, hear, log } = await stage();
    const frames = [
      '',
      'nonsense',
      '[]',
      '{"type":"CALLBACK"}',
      '{"type":"SYSTEM","headers":{"topic":"ping"}}',
    ];
    const named = { type: 'CALLBACK', headers: { topic: 'error', messageId: 'x' }, data: '{' };
    const event = { type: 'EVENT', headers: { topic: '*', messageId: 'y' }, data: '{}' };
    for (const connection of sim.connections()) {
      for (const frame of [...frames, JSON.stringify(named), JSON.stringify(event)])
        connection.sendRaw(frame);
    }
    expect((await hear({ said: text('@{bot} 还在吗') })).text).toBe('还在吗');
    expect(sim.connections()).toHaveLength(2);
    expect(log.lines.filter((line) => line.includes('frame dropped')).length).toBeGreaterThan(5);
  });

  it('keeps what was opened while the process that stores is failing', async () => {
    const { sim, events } = await stage({ inbox: () => Promise.reject(new Error('the disk is full')) });
    const [one] = sim.people();
    if (one === undefined) throw new Error('nobody');
    sim.say({ chat: sim.directChat(one), from: one, said: text('嗯') });
    await until(() => events.length === 1);
    expect(sim.connections()).toHaveLength(2);
  });
});

describe('the Stream connection, when it cannot be opened', () => {
  it('makes no storm of attempts: they double up to one a minute, and say what is wrong', async () => {
    const set = await stage({ start: false });
    const { sim, adapter, clock, settled } = set;
    sim.fault('stream.connect', { kind: 'answer', status: 503 }, 10_000);
    await adapter.start(async () => ({ outcome: 'accepted' }));
    await settled(until(() => adapter.health().state === 'down'));
    expect(adapter.health().detail).toMatch(/^handshake/);
    const at = clock.now().getTime();
    const before = opened(set);
    await passUntil(clock, 500, () => clock.now().getTime() - at >= 600_000);
    const attempts = opened(set) - before;
    // Waits are half of 1, 2, 4 … 60 s here, since the jitter is fixed at its least.
    expect(attempts).toBeGreaterThan(10);
    expect(attempts).toBeLessThan(30);
    sim.clearFaults();
    await settled(until(() => adapter.health().state === 'up'));
  }, 60_000);

  it('gives up a gateway that does not answer, and tries again', async () => {
    const { sim, adapter, settled } = await stage({ start: false });
    sim.fault('gateway.open', { kind: 'delay', milliseconds: 3_600_000 });
    await adapter.start(async () => ({ outcome: 'accepted' }));
    await settled(until(() => adapter.health().detail?.startsWith('timeout')));
    await settled(until(() => adapter.health().state === 'up'));
    expect(sim.connections().length).toBeGreaterThan(0);
  });

  it('gives up a host that takes the socket and says nothing', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.resume();
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const clock = createFakeClock();
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const env = {
      DINGTALK_CLIENT_ID: 'ding1',
      DINGTALK_CLIENT_SECRET: 'secret-secret',
      DINGTALK_BASE_URL: url,
    };
    const adapter = await createAdapter(env, { clock, log: createRecordedLog() });
    await adapter.start(async () => ({ outcome: 'accepted' }));
    await until(() => sockets.length > 0);
    await clock.advance(10_001);
    await until(() => adapter.health().state === 'down');
    await adapter.stop();
    await until(() => sockets.every((socket) => socket.destroyed || socket.readableEnded));
  });

  it.each([400, 401] as const)(
    'says that a person must mend it, and tries once a minute (%i)',
    async (gatewayCredentialStatus) => {
      const { sim, another, clock, settled, log } = await stage({
        start: false,
        rules: { gatewayCredentialStatus },
      });
      const adapter = await another({ DINGTALK_CLIENT_SECRET: 'not-the-secret' });
      await adapter.start(async () => ({ outcome: 'accepted' }));
      await settled(until(() => adapter.health().state === 'failed'));
      expect(adapter.health().detail).toMatch(/^auth /);
      const tries = (): number => sim.calls().filter(({ api }) => api === 'gateway.open').length;
      const before = tries();
      const at = clock.now().getTime();
      await passUntil(clock, 5_000, () => clock.now().getTime() - at >= 300_000);
      expect(tries() - before).toBeLessThanOrEqual(5);
      expect(log.lines.join('\n')).not.toContain('not-the-secret');
    },
  );
});

describe('what the Stream connection leaves behind', () => {
  it('is nothing after hundreds of reconnects of all kinds', async () => {
    const { sim, clock, adapter } = await stage();
    const back = (): boolean =>
      sim.connections().length === 2 && sim.connections().every((one) => !one.leaving());
    const kinds = ['drop', 'kick', 'disconnect'] as const;
    const reconnect = async (times: number): Promise<void> => {
      for (let round = 0; round < times; round += 1) {
        const [connection] = sim.connections();
        connection?.[kinds[round % kinds.length] ?? 'drop']();
        const gone = (): boolean => connection === undefined || !sim.connections().includes(connection);
        await passUntil(clock, 1_000, () => gone() && back());
      }
    };
    await reconnect(6);
    const held = {
      sleeping: clock.sleeping(),
      timers: resources('Timeout'),
      sockets: resources('TCPSocketWrap'),
    };
    await reconnect(150);
    expect(adapter.health().state).toBe('up');
    expect(clock.sleeping()).toBeLessThanOrEqual(held.sleeping + 2);
    expect(resources('Timeout')).toBeLessThanOrEqual(held.timers + 4);
    expect(resources('TCPSocketWrap')).toBeLessThanOrEqual(held.sockets + 4);
    expect(sim.handshakes().accepted).toBeGreaterThan(156);
  }, 120_000);

  it('is nothing once it is stopped: no attempt follows', async () => {
    const set = await stage();
    const { sim, adapter, clock, settled } = set;
    for (const connection of sim.connections()) connection.drop();
    await settled(adapter.stop());
    await until(() => sim.connections().length === 0);
    const before = opened(set);
    await clock.advance(600_000);
    expect([opened(set), sim.connections()]).toEqual([before, []]);
  });

  it('is neither a word on the console, nor a secret in an address or in the log', async () => {
    const said = (['log', 'info', 'warn', 'error', 'debug'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation(() => undefined),
    );
    onTestFinished(() => {
      for (const spy of said) spy.mockRestore();
    });
    const { sim, settled, adapter, log, hear } = await stage();
    await hear({ said: text('@{bot} 保密') });
    sim.fault('stream.connect', { kind: 'drop-before' });
    for (const connection of sim.connections()) connection.drop();
    await settled(until(() => sim.connections().length === 2));
    await settled(adapter.stop());
    expect(said.flatMap((spy) => spy.mock.calls)).toEqual([]);
    expect(
      sim
        .calls()
        .map(({ route }) => route)
        .join(),
    ).not.toMatch(/gettoken|secret/i);
    const lines = log.lines.join('\n');
    for (const secret of [sim.app.clientSecret, '保密', 'ticket=']) expect(lines).not.toContain(secret);
  });
});

/** Moves time on in steps, with a moment for the sockets after each, until it holds. */
async function passUntil(clock: FakeClock, stepMs: number, holds: () => boolean): Promise<void> {
  for (let step = 0; !holds(); step += 1) {
    if (step > 5_000) throw new Error('it did not come about in time');
    await clock.advance(stepMs);
    await wait(2);
  }
}

const resources = (kind: string): number =>
  process.getActiveResourcesInfo().filter((name) => name === kind).length;
