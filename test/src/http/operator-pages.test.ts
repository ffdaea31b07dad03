import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { AdapterHealth } from '../../../src/contract/adapter.ts';
import type { HealthSources } from '../../../src/http/health.ts';
import { call, start, stopAll } from './harness.ts';

afterEach(stopAll);

const SINCE = new Date('2026-11-20T08:00:00Z');
const TOKEN = 'metrics-token-1';

function health(state: AdapterHealth['state'], changes: Partial<HealthSources> = {}): Partial<HealthSources> {
  return {
    platforms: () => [{ id: 'parrot', health: { state, since: SINCE, reconnects: 2 } }],
    models: () => [{ description: { host: 'gpu-box:8000' }, state: 'down', since: SINCE }],
    ...changes,
  };
}

const get = (port: number, path: string, headers: Record<string, string> = {}, host = '127.0.0.1') =>
  call(port, { path, method: 'GET', headers, host });

describe('/healthz', () => {
  it('answers as long as the process lives, whatever else is down', async () => {
    const { port } = await start({ health: health('failed', { store: () => 'down' }) });
    expect(await get(port, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
    expect((await call(port, { path: '/healthz', method: 'HEAD' })).status).toBe(200);
    expect((await call(port, { path: '/healthz' })).status).toBe(405);
  });
});

describe('/readyz', () => {
  it.each([
    ['store and a platform are up', 200, health('up')],
    ['the platform is still connecting', 503, health('connecting')],
    ['the store is down', 503, health('up', { store: () => 'down' })],
    ['there is no platform', 503, { platforms: () => [] }],
    ['the start still waits', 503, health('up', { waitsFor: () => 'two other replicas' })],
    ['the service is stopping', 503, health('up', { stopping: () => true })],
  ])('when %s: %i', async (_, status, sources) => {
    const { port } = await start({ health: sources });
    expect((await get(port, '/readyz')).status).toBe(status);
  });

  it('tells each part to this machine', async () => {
    const { port } = await start({ health: health('up') });
    expect(JSON.parse((await get(port, '/readyz')).body)).toEqual({
      ready: true,
      waitsFor: null,
      stopping: false,
      store: { state: 'up', engine: 'sqlite' },
      platforms: [{ id: 'parrot', state: 'up', since: SINCE.toISOString(), reconnects: 2, detail: null }],
      models: [
        {
          host: 'gpu-box:8000',
          model: null,
          state: 'down',
          since: SINCE.toISOString(),
          fault: null,
          latencyMs: null,
        },
      ],
    });
  });
});

describe('/metrics', () => {
  it('is Prometheus text for this machine', async () => {
    const { port } = await start();
    const reply = await get(port, '/metrics');
    expect(reply.headers['content-type']).toContain('text/plain');
    expect(reply.body).toContain('# TYPE bridge_turns_total counter');
    expect(reply.body).toContain('nodejs_eventloop_lag_seconds');
  });

  it('needs the token once there is one, also from here, where a reverse proxy may stand', async () => {
    const { port } = await start({ health: health('up'), metricsToken: TOKEN });
    expect((await get(port, '/metrics')).status).toBe(401);
    expect(await get(port, '/readyz')).toMatchObject({ status: 200, body: 'ready\n' });
    const bearer = { authorization: `Bearer ${TOKEN}` };
    expect((await get(port, '/metrics', bearer)).body).toContain('bridge_messages_total');
    expect((await get(port, '/readyz', bearer)).body).toContain('"ready":true');
  });

  it('refuses a wrong token, even from here, and puts off a peer that guesses', async () => {
    const { port } = await start({ metricsToken: TOKEN, limits: { maxFailures: 3 } });
    for (const wrong of ['Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      expect(await get(port, '/metrics', { authorization: wrong })).toMatchObject({
        status: 401,
        body: '401\n',
      });
    }
    expect((await get(port, '/metrics', { authorization: `Bearer ${TOKEN}` })).status).toBe(429);
  });
});

const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

describe.skipIf(outside === undefined)('from another machine', () => {
  it('details and metrics need the token, and there is none to show when none is configured', async () => {
    const open = await start({ host: '0.0.0.0', health: health('up') });
    const forwarded = { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' };
    expect(await get(open.port, '/readyz', forwarded, outside)).toMatchObject({
      status: 200,
      body: 'ready\n',
    });
    expect(await get(open.port, '/metrics', forwarded, outside)).toMatchObject({
      status: 403,
      body: '403\n',
    });

    const guarded = await start({ host: '0.0.0.0', health: health('up'), metricsToken: TOKEN });
    const bearer = { authorization: `Bearer ${TOKEN}` };
    expect(await get(guarded.port, '/readyz', {}, outside)).toMatchObject({ status: 200, body: 'ready\n' });
    expect((await get(guarded.port, '/metrics', {}, outside)).status).toBe(401);
    expect((await get(guarded.port, '/metrics', bearer, outside)).body).toContain('bridge_messages_total');
    expect(JSON.parse((await get(guarded.port, '/readyz', bearer, outside)).body)).toMatchObject({
      ready: true,
    });
  });
});
