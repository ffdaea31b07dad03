import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { DingTalkSimulatorOptions } from './options.ts';
import { openConnection, plainClient, robotSubscription, setStage, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage(options?: DingTalkSimulatorOptions): Promise<Stage> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  return set;
}

/** `open`, or the status of the refusal. */
async function handshake(url: string): Promise<'open' | number> {
  const socket = new WebSocket(url);
  const { promise, resolve } = Promise.withResolvers<'open' | number>();
  socket.on('open', () => resolve('open'));
  socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
  socket.on('error', () => undefined);
  const outcome = await promise;
  socket.terminate();
  return outcome;
}

async function ticketUrl(set: Stage): Promise<string> {
  const { json } = await openConnection(set.sim);
  return `${String(json['endpoint'])}?ticket=${String(json['ticket'])}`;
}

describe('connections/open', () => {
  it('gives a ticket as JSON to whoever asks for it, and as XML to all others', async () => {
    const { sim } = await stage();
    const { json } = await openConnection(sim);
    expect(json).toEqual({
      endpoint: `${sim.url.replace('http', 'ws')}/connect`,
      ticket: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const xml = await openConnection(sim, {}, { accept: '*/*' });
    expect(xml.status).toBe(200);
    expect(xml.text).toMatch(/^<\?xml .*<ticket>[0-9a-f-]{36}<\/ticket>/);
  });

  it('opens one connection with each ticket', async () => {
    const set = await stage();
    const url = await ticketUrl(set);
    expect(await handshake(url)).toBe('open');
    expect(await handshake(url)).toBe(401);
    expect(set.sim.handshakes()).toEqual({ accepted: 1, refused: 1 });
  });

  it('forgets a ticket after 90 s', async () => {
    const set = await stage();
    const [early, late] = [await ticketUrl(set), await ticketUrl(set)];
    await set.clock.advance(89_999);
    expect(await handshake(early)).toBe('open');
    await set.clock.advance(1);
    expect(await handshake(late)).toBe(401);
  });

  it('refuses a ticket nobody was given', async () => {
    const { sim } = await stage();
    expect(await handshake(`${sim.url.replace('http', 'ws')}/connect?ticket=x`)).toBe(401);
  });

  it('refuses wrong credentials, unpublished apps, other modes and unknown addresses', async () => {
    const { sim } = await stage();
    expect(await openConnection(sim, { clientSecret: 'x' })).toMatchObject({
      status: 401,
      json: { code: 'authFailed', requestid: expect.any(String) },
    });
    for (const setting of ['published', 'streamMode', 'addressAllowed'] as const) {
      sim.console[setting] = false;
      expect((await openConnection(sim)).status).toBe(400);
      sim.console[setting] = true;
    }
    expect((await openConnection(sim)).status).toBe(200);
  });

  it('refuses in the form the rules choose', async () => {
    const { sim } = await stage({ rules: { gatewayErrorBody: 'empty', gatewayCredentialStatus: 400 } });
    expect(await openConnection(sim, { clientId: 'x' })).toMatchObject({ status: 400, text: '' });
  });

  it('knows no event but all of them, and needs at least one subscription', async () => {
    const { sim } = await stage();
    const subscribe = (...subscriptions: unknown[]) => openConnection(sim, { subscriptions });
    expect((await subscribe({ type: 'EVENT', topic: 'chat_add_member' })).status).toBe(400);
    expect((await subscribe()).status).toBe(400);
    expect((await subscribe({ type: 'OTHER', topic: 'x' })).status).toBe(400);
    expect((await subscribe({ type: 'SYSTEM', topic: 'ping' }, robotSubscription)).status).toBe(200);
  });

  it('records what was subscribed', async () => {
    const { sim } = await stage();
    await openConnection(sim, { ua: 'bridge/0.1', localIp: '10.0.0.1' });
    expect(sim.registrations()).toEqual([
      { subscriptions: [robotSubscription], ua: 'bridge/0.1', localIp: '10.0.0.1' },
    ]);
  });
});

describe('a handshake', () => {
  it('can be refused or cut on purpose', async () => {
    const set = await stage();
    set.sim.fault('stream.connect', { kind: 'answer', status: 503 });
    set.sim.fault('stream.connect', { kind: 'drop-before' });
    expect(await handshake(await ticketUrl(set))).toBe(503);
    const socket = new WebSocket(await ticketUrl(set));
    const [error] = await once(socket, 'error');
    expect(error.code).toBe('ECONNRESET');
    expect(await handshake(await ticketUrl(set))).toBe('open');
  });

  it('can be held back', async () => {
    const set = await stage();
    set.sim.fault('stream.connect', { kind: 'delay', milliseconds: 30_000 });
    const opening = plainClient(set.sim);
    await expect.poll(() => set.clock.sleeping()).toBe(1);
    expect(set.sim.connections()).toHaveLength(0);
    await set.clock.advance(30_000);
    await opening;
    expect(set.sim.connections()).toHaveLength(1);
  });
});
