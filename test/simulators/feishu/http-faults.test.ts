import { afterEach, describe, expect, it } from 'vitest';
import type { FeishuChange } from './changes.ts';
import { cardWith, markdown, setStage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage() {
  const set = await setStage();
  ends.push(() => set.sim.stop());
  await set.call('GET', '/open-apis/bot/v3/info');
  const body = { receive_id: set.group.chatId, msg_type: 'text', content: '{"text":"x"}' };
  const send = () => set.call('POST', '/open-apis/im/v1/messages?receive_id_type=chat_id', body);
  const shown = () => set.sim.messages(set.group.chatId).length;
  return { ...set, send, shown };
}

describe('injected faults', () => {
  it('answer with a status, or with a code on HTTP 200, and have no effect', async () => {
    const { sim, send, shown } = await stage();
    sim.fault('im.message.create', { kind: 'code', code: 230001 });
    sim.fault('im.message.create', { kind: 'answer', status: 503, body: '{}' });
    expect(await send()).toMatchObject({ status: 200, code: 230001 });
    expect(await send()).toMatchObject({ status: 503 });
    expect(shown()).toBe(0);
    expect(await send()).toMatchObject({ status: 200, code: 0 });
  });

  it('cut the connection before or after the effect', async () => {
    const { sim, send, shown } = await stage();
    sim.fault('im.message.create', { kind: 'drop-before' });
    await expect(send()).rejects.toThrow();
    expect(shown()).toBe(0);
    sim.fault('im.message.create', { kind: 'drop-after' });
    await expect(send()).rejects.toThrow();
    expect(shown()).toBe(1);
    expect(sim.refused().map(({ status, fault }) => [status, fault])).toEqual([
      [0, 'drop-before'],
      [0, 'drop-after'],
    ]);
  });

  it('hold an answer back until the clock has moved', async () => {
    const { sim, send, clock, shown } = await stage();
    sim.fault('*', { kind: 'delay', milliseconds: 30_000 });
    const answer = send();
    await expect.poll(() => clock.sleeping()).toBe(1);
    expect(shown()).toBe(0);
    await clock.advance(30_000);
    expect((await answer).code).toBe(0);
    expect(sim.calls().at(-1)).toMatchObject({ durationMs: 30_000, fault: 'delay' });
  });

  it('cut a download short, or lie about its type', async () => {
    const { sim, group, alice } = await stage();
    const bytes = Buffer.alloc(100_000, 7);
    const { message } = sim.say({ chat: group, from: alice, said: { kind: 'image', image: { bytes } } });
    const key = JSON.parse(message.content).image_key;
    const token = await fetch(`${sim.url}/open-apis/auth/v3/tenant_access_token/internal`, {
      method: 'POST',
      body: JSON.stringify({ app_id: sim.app.appId, app_secret: sim.app.appSecret }),
    }).then((response) => response.json() as Promise<{ tenant_access_token: string }>);
    const download = () =>
      fetch(`${sim.url}/open-apis/im/v1/messages/${message.messageId}/resources/${key}?type=image`, {
        headers: { authorization: `Bearer ${token.tenant_access_token}` },
      });
    sim.fault('im.messageResource.get', { kind: 'truncate', bytes: 10 });
    const cut = await download();
    expect(cut.headers.get('content-length')).toBe('100000');
    await expect(cut.arrayBuffer()).rejects.toThrow();
    sim.fault('im.messageResource.get', { kind: 'content-type', mime: 'application/json' });
    expect((await download()).headers.get('content-type')).toBe('application/json');
    expect((await download()).headers.get('content-type')).toBe('image/jpeg');
  });
});

describe('what the simulator lets one see', () => {
  it('is every call by name, with sizes and ids but without texts and secrets', async () => {
    const { sim, sendCard } = await stage();
    const { cardId, messageId } = await sendCard(cardWith([markdown('private words')]));
    expect(sim.calls().map(({ api, code }) => [api, code])).toEqual([
      ['auth.tenantAccessToken.internal', 0],
      ['bot.info', 0],
      ['cardkit.card.create', 0],
      ['im.message.create', 0],
    ]);
    expect(sim.calls().at(-1)).toMatchObject({
      route: 'POST /open-apis/im/v1/messages',
      cardId,
      messageId,
      status: 200,
    });
    expect(JSON.stringify(sim.calls())).not.toMatch(/private words|t-[0-9a-f]{40}/);
    sim.clearCalls();
    expect(sim.calls()).toEqual([]);
  });

  it('is every change, at once, until the subscription ends', async () => {
    const { sim, sendCard, call } = await stage();
    const changes: FeishuChange[] = [];
    const unsubscribe = sim.subscribe((change) => changes.push(change));
    const { cardId } = await sendCard(cardWith([markdown('…')]));
    await call('PUT', `/open-apis/cardkit/v1/cards/${cardId}/elements/md_1/content`, {
      content: 'x',
      sequence: 1,
    });
    expect(changes.map(({ type }) => type)).toEqual([
      'call-made',
      'message-created',
      'call-made',
      'card-changed',
      'call-made',
    ]);
    unsubscribe();
    await call('GET', '/open-apis/bot/v3/info');
    expect(changes).toHaveLength(5);
  });
});
