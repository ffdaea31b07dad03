import { describe, expect, it } from 'vitest';
import { createAnswerPace } from '../../../src/model/answer-pace.ts';
import { createLine, type Line, type Taken } from '../../../src/model/line.ts';
import { createSlots, type Slots } from '../../../src/model/slots.ts';

const never = new AbortController().signal;

/** A line with servers of the given sizes behind it. */
function lineOf(...sizes: readonly number[]): { line: Line; servers: Slots[] } {
  const line = createLine(() => 4_000);
  return { line, servers: sizes.map((size) => createSlots(size, () => line.serve())) };
}

/** Waits like a request does; `told` gets the places in line. */
async function wait(
  line: Line,
  wanted: readonly Slots[],
  told: number[] = [],
  signal = never,
): Promise<Taken | undefined> {
  const places = line.take(() => wanted, signal);
  for (;;) {
    const step = await places.next();
    if (step.done === true) return typeof step.value === 'object' ? step.value : undefined;
    told.push(step.value.ahead);
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the expected wait', () => {
  it('is the place in line times a typical answer, shared by all places', async () => {
    const { line, servers } = lineOf(2, 2);
    for (let taken = 0; taken < 4; taken += 1) await wait(line, servers);
    const expected = async (): Promise<number | undefined> => {
      const told = await line.take(() => servers, never).next();
      return told.done === true ? undefined : told.value.expectedMs;
    };
    expect([await expected(), await expected(), await expected()]).toEqual([1_000, 2_000, 3_000]);
  });

  it('is told by the answers measured so far, and not before there was one', () => {
    const pace = createAnswerPace();
    expect(pace.typicalMs()).toBeUndefined();
    pace.note({ firstTokenMs: 500, durationMs: 2_500, tokens: 200 });
    expect(pace.typicalMs()).toBe(2_500);
    pace.note({ firstTokenMs: 500, durationMs: 500, tokens: 0 });
    expect(pace.typicalMs()).toBe(2_500);
    for (let answer = 0; answer < 40; answer += 1)
      pace.note({ firstTokenMs: 1_000, durationMs: 5_000, tokens: 100 });
    expect(pace.typicalMs()).toBeCloseTo(5_000, -2);
  });
});

describe('the line in front of the servers', () => {
  it('serves in the order of asking and loses no place', async () => {
    const { line, servers } = lineOf(1);
    const first = await wait(line, servers);
    const order: string[] = [];
    const leaving = new AbortController();
    const gone = wait(line, servers, [], leaving.signal);
    const waiting = ['b', 'c'].map((name) =>
      wait(line, servers).then((taken) => {
        order.push(name);
        taken?.slot.release();
      }),
    );
    leaving.abort();
    expect(await gone).toBeUndefined();
    first?.slot.release();
    first?.slot.release();
    await Promise.all(waiting);
    expect(order).toEqual(['b', 'c']);
    expect(servers[0]?.running).toBe(0);
  });

  it('tells whoever waits how many are before them, and when the wait is over', async () => {
    const { line, servers } = lineOf(1);
    const told: number[] = [];
    const first = await wait(line, servers, told);
    expect(told).toEqual([]);
    const second = wait(line, servers);
    const third = wait(line, servers, told);
    await settle();
    expect(told).toEqual([2]);
    first?.slot.release();
    (await second)?.slot.release();
    (await third)?.slot.release();
    expect(told).toEqual([2, 1, 0]);
  });

  it('gives a place that falls to somebody who has left meanwhile to the next', async () => {
    const { line, servers } = lineOf(1);
    const first = await wait(line, servers);
    const leaver = line.take(() => servers, never);
    await leaver.next();
    first?.slot.release();
    const next = wait(line, servers);
    await leaver.return(undefined);
    expect(await next).toBeDefined();
  });

  it('gives the first place that becomes free on any server, and passes those by who cannot use it', async () => {
    const { line, servers } = lineOf(1, 1);
    const [one, two] = [await wait(line, servers), await wait(line, servers)];
    expect([one?.slots, two?.slots]).toEqual(servers);
    const needsFirst = wait(line, servers.slice(0, 1));
    const takesAny = wait(line, servers);
    await settle();
    two?.slot.release();
    expect((await takesAny)?.slots).toBe(servers[1]);
    one?.slot.release();
    expect((await needsFirst)?.slots).toBe(servers[0]);
  });

  it('takes in those who wait when a server turns out to have more places, and nobody new when it has fewer', async () => {
    const { line, servers } = lineOf(1);
    const first = await wait(line, servers);
    const second = wait(line, servers);
    await settle();
    servers[0]?.resize(2);
    expect(await second).toBeDefined();
    servers[0]?.resize(1);
    first?.slot.release();
    expect(servers[0]?.free).toBe(false);
    (await second)?.slot.release();
    expect(servers[0]?.free).toBe(true);
  });
});
