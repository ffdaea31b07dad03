import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../fakes/clock.ts';
import { ask, down, line, lineTo, silentPlatform, simulator, up } from './line.ts';
import { until } from '../shared/waiting.ts';

describe('an event over the long connection', () => {
  it('arrives whole and is acknowledged', async () => {
    const feishu = await simulator();
    const here = lineTo(feishu);
    await up(here);
    const [delivery] = ask(feishu, '@{bot} 在吗').deliveries;
    expect((await delivery)?.state).toBe('acknowledged');
    expect(here.received).toMatchObject([{ header: { event_type: 'im.message.receive_v1' } }]);
  });

  it('cut into pieces in the middle of characters arrives whole', async () => {
    const feishu = await simulator();
    const here = lineTo(feishu);
    await up(here);
    const words = '一二三四五六七八九十'.repeat(50);
    expect((await ask(feishu, `@{bot} ${words}`, 97).deliveries[0])?.state).toBe('acknowledged');
    expect(JSON.stringify(here.received)).toContain(words);
  });

  it('is not acknowledged before it is stored', async () => {
    const feishu = await simulator();
    const stored = Promise.withResolvers<object>();
    const here = lineTo(feishu, { receive: () => stored.promise });
    await up(here);
    const delivery = ask(feishu).deliveries[0]!;
    await until(() => here.received.length === 1);
    const first = await Promise.race([
      delivery.then(() => 'acknowledged'),
      here.clock.settle().then(() => 'waiting'),
    ]);
    expect(first).toBe('waiting');
    stored.resolve({});
    expect((await delivery).attempts).toMatchObject([{ outcome: 'acknowledged' }]);
  });

  it('that cannot be stored is delivered again', async () => {
    const platformClock = createFakeClock();
    const feishu = await simulator({ clock: platformClock });
    let stored = false;
    const here = lineTo(feishu, {
      receive: async () => {
        if (!stored) throw new Error('disk full');
        return {};
      },
    });
    await up(here);
    const delivery = ask(feishu).deliveries[0]!;
    await until(() => feishu.deliveries()[0]?.attempts.length === 1);
    stored = true;
    await platformClock.advance(15_000);
    expect((await delivery).attempts.map(({ outcome }) => outcome)).toEqual(['refused', 'acknowledged']);
  });

  it('of a kind nobody registered for is acknowledged, so that it does not come again', async () => {
    const feishu = await simulator();
    await up(lineTo(feishu));
    expect((await feishu.event('application.bot.menu_v6', {})).state).toBe('acknowledged');
  });
});

describe('SDK fault: frames of type card are dropped without an acknowledgement', () => {
  it.each(['event', 'card'] as const)(
    'a press of a button in a frame of type %s is answered',
    async (type) => {
      const feishu = await simulator();
      const here = lineTo(feishu, { receive: async () => ({ toast: { type: 'info', content: '已停止' } }) });
      await up(here);
      const [connection] = feishu.connections();
      const payload = Buffer.from(
        '{"schema":"2.0","header":{"event_type":"card.action.trigger"},"event":{}}',
      );
      const answer = await connection?.push(type, payload, 1, AbortSignal.timeout(10_000));
      expect(answer).toEqual({ code: 200, body: { toast: { type: 'info', content: '已停止' } } });
    },
  );

  it('a press without a toast is answered with {}, for nothing at all shows as an error', async () => {
    const feishu = await simulator();
    await up(lineTo(feishu));
    const answer = await feishu
      .connections()[0]
      ?.push('card', Buffer.from('{}'), 1, AbortSignal.timeout(10_000));
    expect(answer).toEqual({ code: 200, body: {} });
  });
});

describe('SDK fault: it gives up for good on endpoint errors, or spins without telling', () => {
  it.each([
    ['1 (system busy)', 1, 'down'],
    ['403', 403, 'failed'],
    ['514', 514, 'failed'],
    ['1000040343', 1000040343, 'down'],
    ['1000040350 (too many connections)', 1000040350, 'down'],
  ])('code %s is shown, and the connection comes up once the platform lets it', async (_, code, state) => {
    const feishu = await simulator();
    feishu.fault('ws.endpoint', { kind: 'code', code });
    const here = lineTo(feishu);
    expect(await down(here)).toBe(`endpoint ${code}`);
    expect(here.health.current().state).toBe(state);
    await until(() => here.clock.sleeping() > 0);
    await here.clock.advance(60_000);
    await up(here);
    expect((await ask(feishu).deliveries[0])?.state).toBe('acknowledged');
  });

  it('a wrong secret answered without data is a failure that says so, and is tried only once a minute', async () => {
    const feishu = await simulator({ rules: { endpointErrorHasData: false } });
    const here = lineTo(feishu, { appSecret: 'wrong' });
    expect(await down(here)).toBe('endpoint 514');
    const tries = (): number => feishu.calls().filter(({ api }) => api === 'ws.endpoint').length;
    await here.clock.advance(59_000);
    expect(tries()).toBe(1);
    await here.clock.advance(2_000);
    await until(() => tries() === 2);
  });

  it.each([
    ['an HTML page', { kind: 'answer', status: 502, body: '<html>' }, 'endpoint http 502'],
    ['nothing', { kind: 'drop-before' }, 'endpoint unavailable'],
    ['an empty object', { kind: 'answer', status: 200, body: '{}' }, 'endpoint http 200'],
    [
      'no address',
      { kind: 'answer', status: 200, body: '{"code":0,"data":{}}' },
      'endpoint without an address',
    ],
    [
      'another kind of address',
      { kind: 'answer', status: 200, body: '{"code":0,"data":{"URL":"file:///x"}}' },
      'endpoint without an address',
    ],
    [
      'a dead address',
      { kind: 'answer', status: 200, body: '{"code":0,"data":{"URL":"ws://127.0.0.1:1/a?x=1"}}' },
      'the connection was refused or closed',
    ],
    [
      'an address that is none',
      { kind: 'answer', status: 200, body: '{"code":0,"data":{"URL":"ws://[::x/a"}}' },
      'the connection was refused or closed',
    ],
  ] as const)(
    '%s in place of an address leads to another attempt within seconds',
    async (_, fault, detail) => {
      const feishu = await simulator();
      feishu.fault('ws.endpoint', fault);
      const here = lineTo(feishu);
      expect(await down(here)).toBe(detail);
      await until(() => here.clock.sleeping() > 0);
      await here.clock.advance(1_000);
      await up(here);
    },
  );

  it('waits that double up to a minute lie between attempts that fail', async () => {
    const feishu = await simulator();
    feishu.fault('ws.endpoint', { kind: 'drop-before' }, 100);
    const here = lineTo(feishu);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 9; attempt += 1) {
      await until(() => feishu.calls().length === attempt);
      await until(() => here.clock.sleeping() === 1);
      const begun = here.clock.now().getTime();
      while (feishu.calls().length === attempt && here.clock.now().getTime() - begun < 100_000) {
        await here.clock.advance(500);
        if (here.clock.sleeping() === 0) await until(() => feishu.calls().length > attempt);
      }
      waits.push(here.clock.now().getTime() - begun);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });
});

describe("SDK fault: it comes back at the platform's pace, up to 150 s, or not at all", () => {
  it.each(['drop', 'kick'] as const)(
    'after a %s the next connection is there within a second',
    async (how) => {
      const feishu = await simulator();
      const here = lineTo(feishu);
      await up(here);
      feishu.connections()[0]?.[how]();
      await down(here);
      await until(() => here.clock.sleeping() > 0);
      await here.clock.advance(1_000);
      await up(here);
      expect(here.health.current().reconnects).toBe(1);
      expect((await ask(feishu).deliveries[0])?.state).toBe('acknowledged');
      expect(feishu.connections()).toHaveLength(1);
    },
  );

  it('and so it is, however often a connection is cut that held for some seconds', async () => {
    const feishu = await simulator();
    const here = lineTo(feishu);
    for (let times = 0; times < 8; times += 1) {
      await up(here);
      await here.clock.advance(11_000);
      feishu.connections()[0]?.drop();
      await down(here);
      await until(() => here.clock.sleeping() > 0);
      await here.clock.advance(1_000);
    }
    await up(here);
  });

  it('a half-open line is given up within 90 s', async () => {
    const feishu = await simulator();
    const here = lineTo(feishu);
    await up(here);
    feishu.connections()[0]?.halfOpen();
    const begun = here.clock.now().getTime();
    while (here.health.current().state === 'up') await here.clock.advance(1_000);
    expect(here.health.current().detail).toBe('silent');
    expect(here.clock.now().getTime() - begun).toBeLessThanOrEqual(90_000);
    await here.clock.advance(1_000);
    await up(here);
  });

  it('a quiet but living line is kept for as long as pongs come', async () => {
    const feishu = await simulator({ clientConfig: { PingInterval: 0.01 } });
    const here = lineTo(feishu);
    await up(here);
    const first = feishu.connections()[0]?.id;
    for (let minute = 0; minute < 10; minute += 1) {
      await here.clock.advance(60_000);
      await new Promise((resolve) => setTimeout(resolve, 30)); // a few pings, which run on the machine's own time
    }
    expect([here.health.current().state, feishu.connections()[0]?.id]).toEqual(['up', first]);
  });

  it('a handshake that never ends is given up', async () => {
    const { url, sockets } = await silentPlatform();
    const here = line({ url });
    here.connection.start();
    await until(() => sockets.length === 1);
    await here.clock.advance(35_000);
    expect(await down(here)).toBe('not open in time');
  });
});
