import { describe, expect, it } from 'vitest';
import { createLine, type Line, type Taken } from '../../../src/model/line.ts';
import { createSlots, type Slots } from '../../../src/model/slots.ts';

const never = new AbortController().signal;

/** A line with servers of the given sizes behind it. */
function lineOf(...sizes: readonly number[]): { line: Line; servers: Slots[] } {
  const line = createLine();
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
