import { createRequire } from 'node:module';
import type * as Sdk from 'dingtalk-stream';
import { EventAck, TOPIC_CARD, TOPIC_ROBOT, type DWClientDownStream } from 'dingtalk-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../feishu/json.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import type { DingTalkSimulator } from './simulator.ts';
import { groupCard, OfficialClient, setStage, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
beforeEach(() => {
  // The SDK reports to the console whatever happens; that cannot be turned off.
  for (const method of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(() => undefined);
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  vi.restoreAllMocks();
});

async function stage(options?: DingTalkSimulatorOptions): Promise<Stage> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  return set;
}

type Handler = (frame: DWClientDownStream, client: OfficialClient) => void;

async function connect(
  sim: DingTalkSimulator,
  onMessage: Handler,
  options: JsonObject = {},
): Promise<OfficialClient> {
  const client = new OfficialClient(sim, { subscriptions: [], ...options });
  ends.push(() => client.disconnect());
  client.registerCallbackListener(TOPIC_ROBOT, (frame: DWClientDownStream) => onMessage(frame, client));
  const open = sim.connections().length;
  await client.connect();
  await sim.connected(open + 1, AbortSignal.timeout(5000));
  return client;
}

const acknowledge: Handler = (frame, client) =>
  client.socketCallBackResponse(frame.headers.messageId, { status: 'SUCCESS' });

describe('the Stream gateway, driven by the official client', () => {
  it('delivers a group message without the mention and counts the acknowledgement', async () => {
    const { sim, group, alice } = await stage();
    const received: DWClientDownStream[] = [];
    await connect(sim, (frame, client) => {
      received.push(frame);
      acknowledge(frame, client);
    });
    const { message, deliveries } = sim.say({
      chat: group,
      from: alice,
      said: { kind: 'text', text: '@{bot} 你好' },
    });
    expect((await deliveries[0])?.state).toBe('acknowledged');
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      specVersion: '1.0',
      type: 'CALLBACK',
      headers: { topic: TOPIC_ROBOT, appId: sim.app.unifiedAppId, contentType: 'application/json' },
    });
    expect(JSON.parse(received[0]?.data ?? '')).toMatchObject({
      msgId: message.msgId,
      text: { content: ' 你好' },
      conversationType: '2',
    });
  });

  it('pushes again after a minute when the client never answers', async () => {
    const { sim, alice, clock } = await stage();
    const frames: DWClientDownStream[] = [];
    await connect(sim, (frame) => void frames.push(frame));
    const chat = sim.directChat(alice);
    const { deliveries } = sim.say({ chat, from: alice, said: { kind: 'text', text: 'hi' } });
    await expect.poll(() => frames.length).toBe(1);
    await clock.advance(59_999);
    expect(frames).toHaveLength(1);
    await clock.advance(1);
    await expect.poll(() => frames.length).toBe(2);
    expect(new Set(frames.map(({ headers }) => headers.messageId)).size).toBe(2);
    expect(new Set(frames.map(({ data }) => JSON.parse(data).msgId)).size).toBe(1);
    await clock.advance(60_000);
    expect((await deliveries[0])?.state).toBe('given-up');
    expect(frames).toHaveLength(2);
  });

  it('accepts the ping answer of the SDK, which repeats every header', async () => {
    const { sim } = await stage();
    await connect(sim, acknowledge);
    expect(await sim.connections()[0]?.ping()).toBe(true);
    expect(sim.connections()[0]?.pings()).toEqual({ sent: 1, answered: 1 });
  });

  it('sees it come back only after the TCP connection is cut, and loses what falls between', async () => {
    const { sim, alice, clock } = await stage();
    const client = await connect(sim, acknowledge, { autoReconnect: true });
    ends.push(() => Object.assign(client.config, { autoReconnect: false }));
    const chat = sim.directChat(alice);
    sim.connections()[0]?.disconnect();
    const { deliveries } = sim.say({ chat, from: alice, said: { kind: 'text', text: 'lost' } });
    expect((await deliveries[0])?.attempts.map(({ outcome }) => outcome)).toEqual(['lost']);
    await clock.advance(9_999);
    expect(sim.connections()).toHaveLength(1);
    await clock.advance(1);
    await sim.connected(1, AbortSignal.timeout(5000));
    const again = sim.say({ chat, from: alice, said: { kind: 'text', text: 'heard' } });
    expect((await again.deliveries[0])?.state).toBe('acknowledged');
  });

  it('shows the storm the SDK makes of refused handshakes: two attempts follow each', async () => {
    const { sim } = await stage({ limits: { perApiPerSecond: Infinity } });
    sim.fault('stream.connect', { kind: 'answer', status: 503 }, 31);
    const client = new OfficialClient(sim, { autoReconnect: true });
    ends.push(() => Object.assign(client.config, { autoReconnect: false }));
    client.registerCallbackListener(TOPIC_ROBOT, () => undefined);
    await client.connect();
    // 1 + 2 + 4 + 8 + 16 refusals, and each of the last generation has two successors of its own.
    await sim.connected(32, AbortSignal.timeout(10_000));
    expect(sim.handshakes()).toEqual({ accepted: 32, refused: 31 });
  });

  it('shows that the SDK subscribes to every event unless told otherwise, and acknowledges them', async () => {
    const { sim } = await stage();
    await connect(sim, acknowledge, { subscriptions: [{ type: 'EVENT', topic: '*' }] });
    expect(sim.registrations().at(-1)?.subscriptions).toEqual([
      { type: 'EVENT', topic: '*' },
      { type: 'CALLBACK', topic: TOPIC_ROBOT },
    ]);
    const delivery = await sim.event('chat_add_member', { openConversationId: 'cid' });
    expect(delivery.state).toBe('acknowledged');
  });

  it('pushes an event again that the client puts off', async () => {
    const { sim, clock } = await stage();
    const client = await connect(sim, acknowledge, { subscriptions: [{ type: 'EVENT', topic: '*' }] });
    const answers = [EventAck.LATER, EventAck.SUCCESS];
    client.registerAllEventListener(() => ({ status: answers.shift() ?? EventAck.SUCCESS }));
    const pushed = sim.event('chat_add_member', {});
    await expect.poll(() => answers.length).toBe(1);
    await clock.settle();
    await clock.advance(60_000);
    expect((await pushed).attempts.map(({ outcome }) => outcome)).toEqual(['refused', 'acknowledged']);
  });

  it('calls back for a button and shows what the answer changed', async () => {
    const { sim, group, bob, call } = await stage();
    const client = await connect(sim, acknowledge);
    const presses: JsonObject[] = [];
    client.disconnect();
    const second = new OfficialClient(sim);
    ends.push(() => second.disconnect());
    second.registerCallbackListener(TOPIC_CARD, (frame: DWClientDownStream) => {
      presses.push(JSON.parse(frame.data));
      second.socketCallBackResponse(frame.headers.messageId, {
        cardUpdateOptions: { updateCardDataByKey: true },
        cardData: { cardParamMap: { note: '已停止' } },
      });
    });
    await second.connect();
    await call('POST', '/v1.0/card/instances/createAndDeliver', groupCard(sim, group));
    const button = { actionId: 'stop', params: { action: 'stop' } };
    expect(await sim.press({ outTrackId: 'track-1', button, by: bob })).toEqual({
      result: 'accepted',
      card: 'changed',
    });
    expect(presses[0]).toMatchObject({
      type: 'actionCallback',
      outTrackId: 'track-1',
      userId: bob.staffId,
      spaceId: group.conversationId,
    });
    expect(JSON.parse(String(presses[0]?.['content']))).toEqual({
      cardPrivateData: { actionIds: ['stop'], params: { action: 'stop' } },
    });
    expect(sim.card('track-1')?.texts['note']).toBe('已停止');
  });

  it('serves the SDK with nothing replaced but its two built-in addresses', async () => {
    const { sim, alice } = await stage();
    const sdk = createRequire(import.meta.url);
    const constants: Record<string, string> = sdk('dingtalk-stream/constants');
    constants['GATEWAY_URL'] = `${sim.url}/v1.0/gateway/connections/open`;
    constants['GET_TOKEN_URL'] = `${sim.oapiUrl}/gettoken`;
    const { DWClient }: typeof Sdk = sdk('dingtalk-stream');
    const { clientId, clientSecret } = sim.app;
    const options = { clientId, clientSecret, autoReconnect: false, subscriptions: [] };
    const client = new DWClient(options);
    ends.push(() => client.disconnect());
    client.registerCallbackListener(TOPIC_ROBOT, (frame: DWClientDownStream) =>
      client.socketCallBackResponse(frame.headers.messageId, null),
    );
    await client.connect();
    await sim.connected(1, AbortSignal.timeout(5000));
    const chat = sim.directChat(alice);
    const { deliveries } = sim.say({ chat, from: alice, said: { kind: 'text', text: 'hi' } });
    expect((await deliveries[0])?.state).toBe('acknowledged');
    expect(await client.getAccessToken()).toMatch(/^[0-9a-f]{32}$/);
  });
});
