import { describe, expect, it } from 'vitest';
import { httpFaults } from '../simulators/qwen/faults.ts';
import { examine, startQwen } from '../src/diagnosis/support.ts';

describe('the doctor', () => {
  it('asks first whether the server lives, then one short question', async () => {
    const qwen = await startQwen();
    await examine(qwen.baseUrl);
    expect(qwen.requests[0]?.path).toBe('/health');
    expect(qwen.chats[0]?.body).toMatchObject({
      messages: [{ role: 'user', content: 'ping' }],
      max_tokens: 5,
    });
  });

  it('asks five questions of ten tokens for the benchmark, half a second after one another', async () => {
    const qwen = await startQwen();
    await examine(qwen.baseUrl, { benchmark: true });
    const five = qwen.chats.filter(({ body }) => JSON.stringify(body).includes('"max_tokens":10}'));
    expect(five).toHaveLength(5);
    const times = five.map(({ at }) => at);
    times.slice(1).forEach((at, index) => expect(at - (times[index] ?? 0)).toBeGreaterThan(490));
  });

  it('marks each question of the benchmark that failed, and calls it failed', async () => {
    const qwen = await startQwen();
    const before = (await examine(qwen.baseUrl)).length;
    const asked = qwen.chats.length;
    qwen.failNext(...Array.from({ length: asked + 1 }, () => undefined), httpFaults.tooMany);
    const done = await examine(qwen.baseUrl, { benchmark: true });
    const benchmark = done.find(({ code }) => code === 'benchmark')?.result;
    expect(done).toHaveLength(before + 1);
    expect(benchmark).toMatchObject({ state: 'failed', causeCode: 'overloaded' });
    expect(benchmark?.evidence).toMatch(/^\d+\.\d\d s · ✗ \d+\.\d\d s overloaded( · \d+\.\d\d s){3}$/);
  });

  it('says of each check how long it took', async () => {
    const qwen = await startQwen({ speed: { firstTokenDelayMs: 40 } });
    const done = await examine(qwen.baseUrl);
    expect(done.find(({ code }) => code === 'streaming')?.result.durationMs).toBeGreaterThanOrEqual(35);
  });
});
