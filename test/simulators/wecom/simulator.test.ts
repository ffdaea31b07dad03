import { afterEach, describe, expect, it } from 'vitest';
import type { WeComChange } from './changes.ts';
import { startWeComSimulator } from './simulator.ts';
import { connect, framesOf, setStage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe('the simulator', () => {
  it('mints the same ids for the same seed, and others for another', async () => {
    const sims = await Promise.all([7, 7, 8].map((seed) => startWeComSimulator({ seed })));
    ends.push(...sims.map((sim) => () => sim.stop()));
    const [one, same, other] = sims;
    expect(one?.corp).toEqual(same?.corp);
    expect(one?.corp.botSecret).not.toBe(other?.corp.botSecret);
  });

  it('tells watchers what changes, until they stop listening', async () => {
    const set = await setStage(ends);
    const { sim, group, alice } = set;
    const client = await connect(set);
    const { next } = framesOf(client);
    const seen: WeComChange['type'][] = [];
    const end = sim.subscribe(({ type }) => void seen.push(type));
    sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });
    await client.replyStream((await next()).frame, 's1', '答', true);
    expect(seen).toEqual(['message-created', 'message-created', 'message-changed', 'call-made']);
    end();
    sim.say({ chat: group, from: alice, said: { kind: 'text', text: 'hi' } });
    expect(seen).toHaveLength(4);
  });

  it('keeps texts, tokens and keys out of its call log', async () => {
    const set = await setStage(ends);
    const { sim, group, alice } = set;
    const client = await connect(set);
    const { next } = framesOf(client);
    sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} 秘密问题' } });
    await client.replyStream((await next()).frame, 's1', '秘密答案', true);
    await fetch(`${sim.url}/cgi-bin/gettoken?corpid=${sim.corp.corpId}&corpsecret=${sim.corp.agentSecret}`);
    const log = JSON.stringify(sim.calls());
    expect(sim.calls().length).toBeGreaterThan(2);
    expect(log).not.toContain('秘密');
    expect(log).not.toContain(sim.corp.botSecret);
    expect(log).not.toContain(sim.corp.agentSecret);
  });

  it('waits for a subscribed connection, and stops waiting with the signal', async () => {
    const set = await setStage(ends);
    const waiting = set.sim.connected(AbortSignal.timeout(10_000));
    await connect(set);
    await waiting;
    const lonely = await setStage(ends);
    await expect(lonely.sim.connected(AbortSignal.timeout(10))).rejects.toThrow();
  });
});
