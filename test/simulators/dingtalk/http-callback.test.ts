import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../feishu/json.ts';
import { robotSignature, type CallbackSignature } from './http-callback.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import { setStage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Received = { readonly headers: IncomingHttpHeaders; readonly body: JsonObject };

/** A robot's address that keeps what it is sent and answers with `answer`. */
async function robotAddress(answer: string, status = 200): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body: JSON.parse(text) });
      response.writeHead(status).end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/dingtalk`, received };
}

async function calling(options?: DingTalkSimulatorOptions, answer = '{"msgtype":"empty"}', status = 200) {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  const address = await robotAddress(answer, status);
  set.sim.useCallback({ url: address.url, signature: 'right' });
  const { sim, group, alice } = set;
  const say = () => sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} 你好' } });
  return { ...set, ...address, say };
}

describe('the HTTP callback', () => {
  it('signs as the documents’ sample does', () => {
    expect(robotSignature('1577262236757', 'this is a secret')).toBe(
      'DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=',
    );
  });

  it('posts the same JSON as Stream does, signed for now', async () => {
    const { sim, clock, received, say } = await calling();
    const { message, deliveries } = say();
    expect((await deliveries[0])?.attempts).toMatchObject([{ outcome: 'acknowledged', status: 200 }]);
    const timestamp = String(clock.now().getTime());
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      timestamp,
      sign: robotSignature(timestamp, sim.app.clientSecret),
    });
    expect(received[0]?.body).toEqual(sim.pushed(message));
    expect(received[0]?.body['text']).toEqual({ content: ' 你好' });
  });

  it('may have its text at the top', async () => {
    const { received, say } = await calling({ rules: { httpTextPlace: 'top-level' } });
    await say().deliveries[0];
    expect(received[0]?.body['content']).toBe(' 你好');
    expect(received[0]?.body).not.toHaveProperty('text');
  });

  it('shows the answer in the chat when that is a message, and nothing when it is empty', async () => {
    const quiet = await calling();
    await quiet.say().deliveries[0];
    expect(quiet.sim.messages(quiet.group.conversationId)).toHaveLength(1);
    const body = '{"msgtype":"markdown","markdown":{"title":"t","text":"**hi**"}}';
    const loud = await calling({}, body);
    await loud.say().deliveries[0];
    expect(loud.sim.messages(loud.group.conversationId).at(-1)).toMatchObject({
      from: { kind: 'bot', via: 'callback-answer' },
      text: '**hi**',
    });
  });

  it('comes once, whatever the answer', async () => {
    const { received, say, clock } = await calling({}, 'no', 500);
    const delivery = await say().deliveries[0];
    await clock.advance(120_000);
    expect(delivery).toMatchObject({ state: 'given-up', attempts: [{ outcome: 'refused', status: 500 }] });
    expect(received).toHaveLength(1);
  });

  it.each(['stale', 'early', 'wrong', 'missing'] as const)(
    'can be forged with a signature that is %s',
    async (kind: CallbackSignature) => {
      const { sim, clock, url, received, say } = await calling();
      const { message, deliveries } = say();
      await deliveries[0];
      expect(await sim.forge(url, message, kind)).toMatchObject({ status: 200 });
      const { timestamp, sign } = received[1]?.headers ?? {};
      const aheadMs = Number(timestamp) - clock.now().getTime();
      const right = sign === robotSignature(String(timestamp), sim.app.clientSecret);
      const expected = {
        stale: [-3_601_000, true],
        early: [3_601_000, true],
        wrong: [0, false],
        missing: [NaN, false],
      }[kind as 'stale'];
      expect([aheadMs, right]).toEqual(expected);
    },
  );

  it('can be replayed with another body under a signature that was right', async () => {
    const { sim, url, received, say } = await calling();
    await say().deliveries[0];
    const { timestamp, sign } = received[0]?.headers ?? {};
    await sim.forge(url, { msgId: 'forged' }, { timestamp: String(timestamp), sign: String(sign) });
    expect(received[1]?.headers).toMatchObject({ timestamp, sign });
    expect(received[1]?.body).toEqual({ msgId: 'forged' });
  });

  it('waits 2.5 s for an answer', async () => {
    const { sim, group, alice, clock } = await setStage();
    ends.push(() => sim.stop());
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    ends.push(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    sim.useCallback({ url: `http://127.0.0.1:${address.port}`, signature: 'right' });
    const { deliveries } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });
    await clock.advance(2500);
    expect((await deliveries[0])?.attempts[0]?.outcome).toBe('no-connection');
  });
});
