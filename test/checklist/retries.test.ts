import { describe, expect, it } from 'vitest';
import { httpFaults, tooManyRequests } from '../simulators/qwen/faults.ts';
import type { Fault } from '../simulators/qwen/types.ts';
import { askOnce, createHurriedClock, startModel, startSimulator } from '../src/model/support.ts';

const factor = 20;

/** What lay between the tries of one message, in the model client's own milliseconds, and how it ended. */
async function pausesAfter(
  faults: readonly Fault[],
  random = 0.5,
): Promise<{ readonly pausesMs: readonly number[]; readonly reason: string }> {
  const simulator = await startSimulator();
  simulator.failNext(...faults);
  const model = startModel([simulator.baseUrl], { clock: createHurriedClock(factor), random: () => random });
  const { end } = await askOnce(model);
  const times = simulator.chats.map(({ at }) => at * factor);
  return { pausesMs: times.slice(1).map((at, index) => at - (times[index] ?? 0)), reason: end.reason };
}

/** A timer may fire a millisecond early, which counts for more on a hurried clock. */
const early = 3 * factor;

describe('between two tries of one message', () => {
  it('lies as long as the server’s Retry-After says', async () => {
    const { pausesMs, reason } = await pausesAfter([tooManyRequests(8)]);
    expect(reason).toBe('stop');
    expect(pausesMs).toHaveLength(1);
    expect(pausesMs[0]).toBeGreaterThan(8_000 - early);
  });

  it.each([429, 502, 503, 504])('lies a pause that doubles: after %i', async (status) => {
    const fault: Fault = { type: 'http', status, body: '{"error":"queue"}' };
    const { pausesMs, reason } = await pausesAfter([fault, fault]);
    expect(reason).toBe('stop');
    expect(pausesMs).toHaveLength(2);
    expect(pausesMs[0]).toBeGreaterThan(500 - early);
    expect(pausesMs[1]).toBeGreaterThan(1_000 - early);
  });

  it('lies a pause before a 500 is asked again too, and it is asked once more only', async () => {
    const { pausesMs, reason } = await pausesAfter([httpFaults.serverError, httpFaults.serverError]);
    expect(reason).toBe('failed');
    expect(pausesMs).toHaveLength(1);
    expect(pausesMs[0]).toBeGreaterThan(500 - early);
  });

  it('lies more or less of it by chance, so that many do not come back at one moment', async () => {
    const { pausesMs } = await pausesAfter([httpFaults.badGateway], 0.999);
    expect(pausesMs[0]).toBeGreaterThan(740 - early);
  });
});

describe('a server that starts for minutes', () => {
  it.each(['loading', 'refuse'] as const)(
    'is told to whoever asks meanwhile, and answers the first message after (%s)',
    async (how) => {
      const simulator = await startSimulator();
      const model = startModel([simulator.baseUrl]);
      model.start();
      await simulator.goDown(how);
      const { end } = await askOnce(model);
      expect(end.fault?.code).toBe(how === 'loading' ? 'loading' : 'unreachable');
      await simulator.comeBack();
      expect((await askOnce(model)).end.reason).toBe('stop');
    },
  );
});
