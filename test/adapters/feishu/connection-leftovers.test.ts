import { describe, expect, it } from 'vitest';
import { ask, down, line, lineTo, silentPlatform, simulator, up } from './line.ts';
import { until } from '../shared/waiting.ts';

describe('SDK faults: crashes, leaks and leftovers', () => {
  it('garbage and broken fragments cost neither the process nor the events after them', async () => {
    const feishu = await simulator();
    const here = lineTo(feishu);
    await up(here);
    const [connection] = feishu.connections();
    connection?.sendGarbage();
    connection?.sendMalformedFragment();
    expect((await ask(feishu).deliveries[0])?.state).toBe('acknowledged');
  });

  it('stopping in the middle of a handshake ends it, without an uncaught error', async () => {
    const { url, sockets } = await silentPlatform();
    const here = line({ url });
    here.connection.start();
    await until(() => sockets.length === 1);
    await here.connection.stop();
    // Well before the SDK's own time-out for handshakes, 10 s, would have ended it.
    await until(() => sockets.every((socket) => socket.destroyed), 500);
    expect(here.clock.sleeping()).toBe(0);
  });

  it('stopping while the address is asked for, and before anything began, ends at once', async () => {
    const feishu = await simulator();
    feishu.fault('ws.endpoint', { kind: 'delay', milliseconds: 5_000 });
    const asking = lineTo(feishu);
    await asking.clock.settle();
    const fresh = line({ url: feishu.url });
    await Promise.all([asking.connection.stop(), fresh.connection.stop()]);
    expect([asking.clock.sleeping(), feishu.connections().length]).toEqual([0, 0]);
  });

  it('stopping closes the line and leaves nothing waiting', async () => {
    const feishu = await simulator();
    const here = lineTo(feishu);
    await up(here);
    await here.connection.stop();
    await here.connection.stop();
    await until(() => feishu.connections().length === 0);
    expect(here.clock.sleeping()).toBe(0);
  });

  it('neither the app secret nor tickets nor words of messages reach the log', async () => {
    const feishu = await simulator();
    const here = lineTo(feishu, {
      receive: async () => Promise.reject(new Error('secret words of a message')),
    });
    await up(here);
    const [connection] = feishu.connections();
    const signal = AbortSignal.timeout(10_000);
    await connection?.push('event', Buffer.from('{"text":"secret words of a message"}'), 1, signal);
    connection?.drop();
    await down(here);
    const wrong = lineTo(feishu, { appSecret: 'another-app-secret' });
    await down(wrong);
    const lines = [...here.log.lines, ...wrong.log.lines].join('\n');
    expect(lines).toContain('feishu sdk');
    for (const secret of [
      'secret words',
      feishu.app.appSecret,
      'another-app-secret',
      'ticket',
      'access_key',
      'ws://',
      ...here.log.secrets,
    ]) {
      expect(lines).not.toContain(secret);
    }
    expect(here.log.secrets.length).toBeGreaterThan(0);
  });

  it('a broken event, whose text the SDK would log, is not acknowledged and not logged', async () => {
    const feishu = await simulator();
    const here = lineTo(feishu);
    await up(here);
    const push = feishu
      .connections()[0]
      ?.push('event', Buffer.from('机密 not json'), 1, AbortSignal.timeout(100));
    expect(await push).toBeUndefined();
    expect(here.log.lines.join('\n')).not.toContain('机密');
  });
});
