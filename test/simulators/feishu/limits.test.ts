import { afterEach, describe, expect, it } from 'vitest';
import type { FeishuSimulatorOptions } from './options.ts';
import { createSlidingWindows } from './sliding-window.ts';
import { cardWith, markdown, setStage, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage(options?: FeishuSimulatorOptions): Promise<Stage> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  return set;
}

async function streamer(set: Stage): Promise<(times: number) => Promise<number[]>> {
  const { cardId } = await set.sendCard(cardWith([markdown('…')]));
  let sequence = 0;
  return async (times) => {
    const codes: number[] = [];
    for (let index = 0; index < times; index += 1) {
      sequence += 1;
      const path = `/open-apis/cardkit/v1/cards/${cardId}/elements/md_1/content`;
      codes.push((await set.call('PUT', path, { content: 'x'.repeat(sequence), sequence })).code);
    }
    return codes;
  };
}

const ok = (count: number): number[] => Array.from({ length: count }, () => 0);

describe('frequency limits', () => {
  it('admit ten operations in any second for one card, counted from each arrival', async () => {
    const set = await stage();
    const stream = await streamer(set);
    expect(await stream(5)).toEqual(ok(5));
    await set.clock.advance(600);
    expect(await stream(6)).toEqual([...ok(5), 230020]);
    await set.clock.advance(399);
    expect(await stream(1)).toEqual([230020]);
    await set.clock.advance(1);
    expect(await stream(6)).toEqual([...ok(5), 230020]);
    expect(set.sim.refused().map(({ code }) => code)).toEqual([230020, 230020, 230020]);
  });

  it('answer the cap per card as the gateway does, or exempt streaming, where that is switched on', async () => {
    const gateway = await streamer(await stage({ rules: { cardLimitCode: 99991400 } }));
    expect((await gateway(11)).at(-1)).toBe(99991400);
    const exempt = await streamer(await stage({ rules: { countWhileStreaming: false } }));
    expect(await exempt(20)).toEqual(ok(20));
  });

  it('admit five messages a second for one chat, and five patches for one message', async () => {
    const { group, call, clock, bob } = await stage();
    const send = async (receiver: string, type: string) =>
      call('POST', `/open-apis/im/v1/messages?receive_id_type=${type}`, {
        receive_id: receiver,
        msg_type: 'interactive',
        content: JSON.stringify(cardWith([], {})),
      });
    const codes = [];
    for (let index = 0; index < 6; index += 1) codes.push((await send(group.chatId, 'chat_id')).code);
    expect(codes).toEqual([...ok(5), 230020]);
    expect((await send(bob.openId, 'open_id')).code).toBe(0);
    await clock.advance(1000);
    const messageId = String((await send(group.chatId, 'chat_id')).data['message_id']);
    const patches = [];
    for (let index = 0; index < 6; index += 1) {
      const content = JSON.stringify(cardWith([markdown(String(index))], {}));
      patches.push((await call('PATCH', `/open-apis/im/v1/messages/${messageId}`, { content })).code);
    }
    expect(patches).toEqual([...ok(5), 230020]);
  });

  it('admit 50 calls a second and 1,000 a minute of one API, and say when to come back', async () => {
    const { call, clock } = await stage();
    const info = async () => call('GET', '/open-apis/bot/v3/info');
    for (let index = 0; index < 50; index += 1) await info();
    const refused = await info();
    expect([refused.status, refused.code]).toEqual([429, 99991400]);
    expect([
      refused.headers.get('x-ogw-ratelimit-limit'),
      refused.headers.get('x-ogw-ratelimit-reset'),
    ]).toEqual(['50', '1']);
    for (let second = 1; second < 20; second += 1) {
      await clock.advance(1000);
      for (let index = 0; index < 50; index += 1) await info();
    }
    await clock.advance(1000);
    const minute = await info();
    expect([minute.code, minute.headers.get('x-ogw-ratelimit-reset')]).toEqual([99991400, '40']);
    await clock.advance(40_000);
    expect((await info()).code).toBe(0);
  });

  it('end the month at its quota', async () => {
    const { call, clock } = await stage({ limits: { callsPerMonth: 2 } });
    expect((await call('GET', '/open-apis/bot/v3/info')).code).toBe(0); // the token was the first call
    expect((await call('GET', '/open-apis/bot/v3/info')).code).toBe(99991403);
    await clock.advance(3_000_000);
    expect((await call('GET', '/open-apis/bot/v3/info')).code).toBe(99991403);
  });

  it('never admit more than the limit in any window, whatever the pattern', () => {
    const windows = createSlidingWindows(3, 100);
    const admitted: number[] = [];
    for (let nowMs = 0; nowMs < 1000; nowMs += 7) {
      if (windows.waitMs('key', nowMs) > 0) continue;
      windows.count('key', nowMs);
      admitted.push(nowMs);
    }
    for (const from of admitted)
      expect(admitted.filter((at) => at >= from && at < from + 100).length).toBeLessThanOrEqual(3);
    expect(admitted.length).toBeGreaterThan(25);
  });
});
